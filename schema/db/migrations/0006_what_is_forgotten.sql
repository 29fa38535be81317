DROP INDEX "outbox_due";--> statement-breakpoint
CREATE INDEX "ledger_transactions_of_subject" ON "ledger_transactions" USING btree ("subject_id","kind");--> statement-breakpoint
CREATE INDEX "outbox_forgettable" ON "outbox" USING btree ("delivered_at") WHERE "outbox"."delivered_at" IS NOT NULL AND "outbox"."channel" <> 'ledger';--> statement-breakpoint
CREATE INDEX "print_jobs_of_preparation" ON "print_jobs" USING btree ("preparation_id");--> statement-breakpoint
CREATE INDEX "print_jobs_of_user" ON "print_jobs" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "refresh_tokens_expiry" ON "refresh_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "throttles_over" ON "throttles" USING btree ("resets_at");--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("channel","due_at") WHERE "outbox"."delivered_at" IS NULL AND "outbox"."dead_at" IS NULL;--> statement-breakpoint
-- From now on their pictures go when they end.
UPDATE "preparations" SET "thumbnail" = NULL, "thumbnail_small" = NULL
WHERE "status" IN ('failed', 'expired', 'cancelled') AND ("thumbnail" IS NOT NULL OR "thumbnail_small" IS NOT NULL);
