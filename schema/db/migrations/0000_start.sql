CREATE TABLE "idempotency_keys" (
	"user_id" text NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"body_hash" text NOT NULL,
	"status" integer,
	"response" jsonb,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_user_id_route_key_pk" PRIMARY KEY("user_id","route","key")
);
--> statement-breakpoint
CREATE TABLE "ledger_transactions" (
	"transaction_id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"status" text NOT NULL,
	"signed_bytes" "bytea" NOT NULL,
	"valid_until" timestamp with time zone NOT NULL,
	"amount" bigint,
	"currency" text,
	"payer" text,
	"payee" text,
	"consensus_timestamp" text,
	"topic_sequence" bigint,
	"error" text,
	"created_at" timestamp with time zone NOT NULL,
	"settled_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "model_licenses" (
	"model_id" text NOT NULL,
	"license_type" text NOT NULL,
	"price_hbar" bigint,
	"price_print" bigint,
	"prints_allowed" integer NOT NULL,
	CONSTRAINT "model_licenses_model_id_license_type_pk" PRIMARY KEY("model_id","license_type"),
	CONSTRAINT "a_price" CHECK ("model_licenses"."price_hbar" > 0 OR "model_licenses"."price_print" > 0),
	CONSTRAINT "some_prints" CHECK ("model_licenses"."prints_allowed" > 0)
);
--> statement-breakpoint
CREATE TABLE "model_nft_settings" (
	"model_id" text PRIMARY KEY NOT NULL,
	"nft_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"event_id" text PRIMARY KEY NOT NULL,
	"channel" text NOT NULL,
	"type" text NOT NULL,
	"purchase_id" text,
	"payload" jsonb NOT NULL,
	"event_text" text,
	"salt" text,
	"created_at" timestamp with time zone NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"delivered_at" timestamp with time zone,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "preparations" (
	"preparation_id" text PRIMARY KEY NOT NULL,
	"purchase_id" text NOT NULL,
	"printer_id" text NOT NULL,
	"print_profile_id" text NOT NULL,
	"status" text NOT NULL,
	"step" text NOT NULL,
	"progress" real DEFAULT 0 NOT NULL,
	"lease_id" text,
	"lease_until" timestamp with time zone,
	"slicing_fee" bigint NOT NULL,
	"fee_currency" text NOT NULL,
	"print_immediately" boolean NOT NULL,
	"print_error" text,
	"error_code" text,
	"error" text,
	"gcode_file_url" text,
	"psek_encrypted_gcode_dek" text,
	"gcode_ttl_expiry" timestamp with time zone,
	"gcode_size" bigint,
	"gcode_sha256" text,
	"totals" jsonb,
	"summary" jsonb,
	"engine" jsonb,
	"warnings" jsonb NOT NULL,
	"thumbnail" "bytea",
	"thumbnail_small" "bytea",
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "print_jobs" (
	"print_job_id" text PRIMARY KEY NOT NULL,
	"purchase_id" text NOT NULL,
	"preparation_id" text NOT NULL,
	"printer_id" text NOT NULL,
	"user_id" text NOT NULL,
	"status" text NOT NULL,
	"cancel_requested" boolean DEFAULT false NOT NULL,
	"boot_nonce" text,
	"lease_until" timestamp with time zone,
	"keys_granted" integer DEFAULT 0 NOT NULL,
	"progress" real DEFAULT 0 NOT NULL,
	"outcome" text,
	"error" text,
	"stats" jsonb,
	"created_at" timestamp with time zone NOT NULL,
	"claimed_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"last_word_at" timestamp with time zone,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "print_profiles" (
	"print_profile_id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"machine_settings" jsonb NOT NULL,
	"process_settings" jsonb NOT NULL,
	"filament" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "printers" (
	"printer_id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"kek_encrypted_psek" text NOT NULL,
	"status" text NOT NULL,
	"token_version" integer DEFAULT 1 NOT NULL,
	"printer_may_print" boolean NOT NULL,
	"last_seen_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "published_models" (
	"model_id" text PRIMARY KEY NOT NULL,
	"designer_id" text NOT NULL,
	"title" text NOT NULL,
	"description" text NOT NULL,
	"status" text NOT NULL,
	"file_url" text NOT NULL,
	"model_dek" text NOT NULL,
	"model_file_iv" text NOT NULL,
	"model_file_mac" text,
	"size" integer,
	"triangles" integer,
	"size_x_mm" real,
	"size_y_mm" real,
	"size_z_mm" real,
	"warnings" jsonb,
	"thumbnail" "bytea",
	"token_treasury_account_id" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "purchases" (
	"purchase_id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"model_id" text NOT NULL,
	"nft_id" text,
	"license_type" text NOT NULL,
	"price" bigint NOT NULL,
	"currency" text NOT NULL,
	"prints_allowed" integer NOT NULL,
	"prints_used" integer DEFAULT 0 NOT NULL,
	"prints_reserved" integer DEFAULT 0 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"status" text NOT NULL,
	"error" text,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "rights" CHECK ("purchases"."prints_used" >= 0 AND "purchases"."prints_reserved" >= 0 AND "purchases"."prints_used" + "purchases"."prints_reserved" <= "purchases"."prints_allowed")
);
--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"family" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "throttles" (
	"key" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"resets_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"user_id" text PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"password_hash" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "users_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "wallets" (
	"user_id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"purpose" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "model_licenses" ADD CONSTRAINT "model_licenses_model_id_published_models_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."published_models"("model_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_nft_settings" ADD CONSTRAINT "model_nft_settings_model_id_published_models_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."published_models"("model_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "preparations" ADD CONSTRAINT "preparations_purchase_id_purchases_purchase_id_fk" FOREIGN KEY ("purchase_id") REFERENCES "public"."purchases"("purchase_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "preparations" ADD CONSTRAINT "preparations_printer_id_printers_printer_id_fk" FOREIGN KEY ("printer_id") REFERENCES "public"."printers"("printer_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "preparations" ADD CONSTRAINT "preparations_print_profile_id_print_profiles_print_profile_id_fk" FOREIGN KEY ("print_profile_id") REFERENCES "public"."print_profiles"("print_profile_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "print_jobs" ADD CONSTRAINT "print_jobs_purchase_id_purchases_purchase_id_fk" FOREIGN KEY ("purchase_id") REFERENCES "public"."purchases"("purchase_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "print_jobs" ADD CONSTRAINT "print_jobs_preparation_id_preparations_preparation_id_fk" FOREIGN KEY ("preparation_id") REFERENCES "public"."preparations"("preparation_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "print_jobs" ADD CONSTRAINT "print_jobs_printer_id_printers_printer_id_fk" FOREIGN KEY ("printer_id") REFERENCES "public"."printers"("printer_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "print_profiles" ADD CONSTRAINT "print_profiles_user_id_users_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "printers" ADD CONSTRAINT "printers_user_id_users_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "published_models" ADD CONSTRAINT "published_models_designer_id_users_user_id_fk" FOREIGN KEY ("designer_id") REFERENCES "public"."users"("user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "purchases" ADD CONSTRAINT "purchases_user_id_users_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "purchases" ADD CONSTRAINT "purchases_model_id_published_models_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."published_models"("model_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_user_id_users_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wallets" ADD CONSTRAINT "wallets_user_id_users_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "one_live_transaction_a_subject" ON "ledger_transactions" USING btree ("kind","subject_id") WHERE "ledger_transactions"."status" <> 'failed';--> statement-breakpoint
CREATE INDEX "ledger_transactions_open" ON "ledger_transactions" USING btree ("created_at") WHERE "ledger_transactions"."status" IN ('created', 'submitted');--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("due_at") WHERE "outbox"."delivered_at" IS NULL;--> statement-breakpoint
CREATE INDEX "outbox_of_purchase" ON "outbox" USING btree ("purchase_id","created_at");--> statement-breakpoint
CREATE INDEX "preparations_of_purchase" ON "preparations" USING btree ("purchase_id","created_at");--> statement-breakpoint
CREATE INDEX "preparations_of_printer" ON "preparations" USING btree ("printer_id","status");--> statement-breakpoint
CREATE INDEX "preparations_live" ON "preparations" USING btree ("status","gcode_ttl_expiry");--> statement-breakpoint
CREATE INDEX "print_jobs_of_purchase" ON "print_jobs" USING btree ("purchase_id","created_at");--> statement-breakpoint
CREATE INDEX "print_jobs_queue" ON "print_jobs" USING btree ("printer_id","status","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "one_active_job_a_printer" ON "print_jobs" USING btree ("printer_id") WHERE "print_jobs"."status" IN ('claimed', 'printing');--> statement-breakpoint
CREATE INDEX "print_profiles_of_user" ON "print_profiles" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "printers_of_user" ON "printers" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "published_models_listing" ON "published_models" USING btree ("status","created_at");--> statement-breakpoint
CREATE INDEX "purchases_of_user" ON "purchases" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "refresh_tokens_family" ON "refresh_tokens" USING btree ("family");