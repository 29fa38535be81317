CREATE TABLE "preparation_previews" (
	"preparation_id" text NOT NULL,
	"n" integer NOT NULL,
	"layer" integer NOT NULL,
	"z_mm" real NOT NULL,
	"png" "bytea" NOT NULL,
	CONSTRAINT "preparation_previews_preparation_id_n_pk" PRIMARY KEY("preparation_id","n")
);
--> statement-breakpoint
ALTER TABLE "preparation_previews" ADD CONSTRAINT "preparation_previews_preparation_id_preparations_preparation_id_fk" FOREIGN KEY ("preparation_id") REFERENCES "public"."preparations"("preparation_id") ON DELETE no action ON UPDATE no action;