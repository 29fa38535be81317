CREATE TABLE "audit_log" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"request_id" text NOT NULL,
	"operation" text NOT NULL,
	"caller" text NOT NULL,
	"subject" text,
	"outcome" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "payees" (
	"account_id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"added_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "a_kind" CHECK ("payees"."kind" IN ('treasury', 'operator_added', 'fee'))
);
--> statement-breakpoint
CREATE TABLE "signatures" (
	"transaction_id" text PRIMARY KEY NOT NULL,
	"body_hash" text NOT NULL,
	"kind" text NOT NULL,
	"account_id" text,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"payees" text[] NOT NULL,
	"day" date NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "a_kind" CHECK ("signatures"."kind" IN ('transfer', 'topic_message')),
	CONSTRAINT "transfer_has_wallet" CHECK (("signatures"."kind" = 'transfer') = ("signatures"."account_id" IS NOT NULL)),
	CONSTRAINT "transfer_has_amount" CHECK (("signatures"."kind" = 'transfer') = ("signatures"."amount" > 0))
);
--> statement-breakpoint
CREATE TABLE "wallets" (
	"user_id" text NOT NULL,
	"purpose" text NOT NULL,
	"status" text NOT NULL,
	"account_id" text,
	"public_key" text NOT NULL,
	"wrapped_key" text NOT NULL,
	"transaction_id" text NOT NULL,
	"signed_bytes" "bytea" NOT NULL,
	"valid_until" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"active_at" timestamp with time zone,
	CONSTRAINT "wallets_user_id_purpose_pk" PRIMARY KEY("user_id","purpose"),
	CONSTRAINT "wallets_account_id_unique" UNIQUE("account_id"),
	CONSTRAINT "wallets_transaction_id_unique" UNIQUE("transaction_id"),
	CONSTRAINT "a_purpose" CHECK ("wallets"."purpose" IN ('wallet', 'treasury')),
	CONSTRAINT "active_has_account" CHECK (("wallets"."status" = 'active') = ("wallets"."account_id" IS NOT NULL)),
	CONSTRAINT "a_status" CHECK ("wallets"."status" IN ('pending', 'active'))
);
--> statement-breakpoint
ALTER TABLE "signatures" ADD CONSTRAINT "signatures_account_id_wallets_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."wallets"("account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_at" ON "audit_log" USING btree ("at");--> statement-breakpoint
CREATE INDEX "signatures_spent" ON "signatures" USING btree ("account_id","day");