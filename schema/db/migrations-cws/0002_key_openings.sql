CREATE TABLE "key_openings" (
	"job" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"ended_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
