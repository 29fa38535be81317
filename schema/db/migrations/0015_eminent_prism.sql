ALTER TABLE "published_models" ADD COLUMN "scale_min_percent" real;--> statement-breakpoint
ALTER TABLE "published_models" ADD COLUMN "scale_max_percent" real;--> statement-breakpoint
ALTER TABLE "preparations" ADD COLUMN "overrides" jsonb DEFAULT '{}'::jsonb NOT NULL;