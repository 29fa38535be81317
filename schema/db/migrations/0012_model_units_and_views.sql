ALTER TABLE "published_models" ADD COLUMN "units" text;--> statement-breakpoint
ALTER TABLE "published_models" ADD COLUMN "thumbnail_front" "bytea";--> statement-breakpoint
ALTER TABLE "published_models" ADD COLUMN "thumbnail_side" "bytea";--> statement-breakpoint
ALTER TABLE "published_models" ADD COLUMN "thumbnail_top" "bytea";