-- Keys are kept for a day; those of before say nothing of who works on them.
DELETE FROM "idempotency_keys";--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"letter_id" text PRIMARY KEY NOT NULL,
	"topic" text NOT NULL,
	"body" "bytea" NOT NULL,
	"error" text NOT NULL,
	"failures" integer NOT NULL,
	"first_failed_at" timestamp with time zone NOT NULL,
	"dead_at" timestamp with time zone,
	"taken_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "operator_acts" (
	"act_id" bigserial PRIMARY KEY NOT NULL,
	"act" text NOT NULL,
	"subject_id" text NOT NULL,
	"detail" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
DROP INDEX "outbox_due";--> statement-breakpoint
ALTER TABLE "idempotency_keys" ALTER COLUMN "body_hash" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "operation" text NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "attempt" integer NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "lease_until" timestamp with time zone NOT NULL;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "position" bigserial NOT NULL;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "order_key" text;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "dead_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "published_models" ADD COLUMN "operation" text;--> statement-breakpoint
CREATE INDEX "operator_acts_of_subject" ON "operator_acts" USING btree ("subject_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_expiry" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "outbox_in_order" ON "outbox" USING btree ("order_key","position") WHERE "outbox"."delivered_at" IS NULL AND "outbox"."dead_at" IS NULL;--> statement-breakpoint
CREATE INDEX "outbox_dead" ON "outbox" USING btree ("dead_at") WHERE "outbox"."dead_at" IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "one_published_model_an_operation" ON "published_models" USING btree ("operation") WHERE "published_models"."status" = 'published';--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("due_at") WHERE "outbox"."delivered_at" IS NULL AND "outbox"."dead_at" IS NULL;