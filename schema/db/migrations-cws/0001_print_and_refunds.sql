ALTER TABLE "signatures" DROP CONSTRAINT "a_kind";--> statement-breakpoint
ALTER TABLE "signatures" DROP CONSTRAINT "transfer_has_wallet";--> statement-breakpoint
ALTER TABLE "signatures" DROP CONSTRAINT "transfer_has_amount";--> statement-breakpoint
ALTER TABLE "signatures" ADD COLUMN "valid_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "signatures" ADD COLUMN "refund_of" text;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "token_id" text;--> statement-breakpoint
ALTER TABLE "signatures" ADD CONSTRAINT "signatures_refund_of_signatures_transaction_id_fk" FOREIGN KEY ("refund_of") REFERENCES "public"."signatures"("transaction_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "signatures_refunds" ON "signatures" USING btree ("refund_of") WHERE "signatures"."refund_of" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "signatures" ADD CONSTRAINT "refund_has_payment" CHECK (("signatures"."kind" = 'refund') = ("signatures"."refund_of" IS NOT NULL));--> statement-breakpoint
ALTER TABLE "signatures" ADD CONSTRAINT "a_kind" CHECK ("signatures"."kind" IN ('transfer', 'topic_message', 'refund'));--> statement-breakpoint
ALTER TABLE "signatures" ADD CONSTRAINT "transfer_has_wallet" CHECK (("signatures"."kind" <> 'topic_message') = ("signatures"."account_id" IS NOT NULL));--> statement-breakpoint
ALTER TABLE "signatures" ADD CONSTRAINT "transfer_has_amount" CHECK (("signatures"."kind" <> 'topic_message') = ("signatures"."amount" > 0));