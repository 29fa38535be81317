CREATE TABLE "sessions" (
	"session_id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"family_hash" text NOT NULL,
	"token_hash" text NOT NULL,
	"user_agent" text,
	"created_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "sessions_family_hash_unique" UNIQUE("family_hash")
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_of_user" ON "sessions" USING btree ("user_id","used_at");--> statement-breakpoint
CREATE INDEX "sessions_expiry" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
-- Who is logged in stays so: a refresh token of before is the first of its session.
INSERT INTO "sessions" ("session_id", "user_id", "family_hash", "token_hash", "created_at", "used_at", "expires_at")
SELECT 'session_' || substr("token_hash", 1, 26), "user_id", "token_hash", "token_hash",
	"expires_at" - interval '30 days', "expires_at" - interval '30 days', "expires_at"
FROM "refresh_tokens" WHERE "used_at" IS NULL;
