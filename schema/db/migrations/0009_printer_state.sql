ALTER TABLE "print_jobs" ADD COLUMN "printer_state" text;--> statement-breakpoint
ALTER TABLE "print_jobs" ADD COLUMN "printer_message" text;