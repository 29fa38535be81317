CREATE TABLE "refunds" (
	"purchase_id" text PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"prints_withdrawn" integer NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "some_prints" CHECK ("refunds"."prints_withdrawn" >= 0)
);
--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "token_id" text;--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_purchase_id_purchases_purchase_id_fk" FOREIGN KEY ("purchase_id") REFERENCES "public"."purchases"("purchase_id") ON DELETE no action ON UPDATE no action;