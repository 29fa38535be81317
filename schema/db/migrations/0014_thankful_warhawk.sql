CREATE TABLE "sliced_cache" (
	"slice_key" text PRIMARY KEY NOT NULL,
	"model_id" text NOT NULL,
	"gcs_uri" text NOT NULL,
	"wrapped_dek" text NOT NULL,
	"size" bigint NOT NULL,
	"sha256" text NOT NULL,
	"made_by" text NOT NULL,
	"details" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "preparations" ADD COLUMN "slice_key" text;--> statement-breakpoint
ALTER TABLE "preparations" ADD COLUMN "renews" text;--> statement-breakpoint
CREATE INDEX "sliced_cache_used" ON "sliced_cache" USING btree ("used_at");--> statement-breakpoint
CREATE INDEX "sliced_cache_of_model" ON "sliced_cache" USING btree ("model_id");--> statement-breakpoint
ALTER TABLE "preparations" ADD CONSTRAINT "preparations_renews_preparations_preparation_id_fk" FOREIGN KEY ("renews") REFERENCES "public"."preparations"("preparation_id") ON DELETE no action ON UPDATE no action;