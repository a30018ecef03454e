import { type Kysely, sql } from "kysely";

/**
 * Postgres with synchronous standbys: who was served by another one waits for the standbys himself, before he is answered. Who
 * served him may have been cancelled or ended while he waited for them: his transaction is committed then, and its locks are
 * free, but a standby that is promoted may never have heard of it.
 */
export async function confirmServedAppendsOnPostgres(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ name: string }>`SELECT current_schema() AS name`.execute(db);
  const [{ name }] = rows as [{ name: string }];
  for (const text of [CONFIRM, AMONG_OTHERS]) {
    await sql.raw(text.replaceAll("@schema", `"${name}"`).replaceAll("@name", name)).execute(db);
  }
}

/** What an error says that is sure of it. */
const NOTHING_APPENDED = "nothing was appended";
/** Requests of others that are done together with one's own. */
const MAX_SERVED = 64;

/**
 * Makes the commit of this transaction wait for all that was committed before it, as an append waits. Only what has
 * written something waits, so it writes a message that nobody reads.
 */
const CONFIRM = `
CREATE OR REPLACE FUNCTION @schema.append_confirm() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF current_setting('synchronous_standby_names') = '' THEN RETURN; END IF;
  IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  PERFORM pg_logical_emit_message(true, 'sessiondb', '');
END $f$`;

/**
 * As in 0006-contended-append.ts, but that whoever was served confirms it. He has given the lock back before: nobody waits for
 * a standby behind him. The transaction that waits is the last one, which no time limit of a statement cuts short.
 */
const AMONG_OTHERS = `
CREATE OR REPLACE PROCEDURE @schema.append_among_others(channel text, wait_ms bigint, now_at text, given text[], streams text[],
  earlier int[], expected bigint[], rests int[], ids text[], types text[], actors text[], metas text[], datas text[],
  salts text[], bodies text[], INOUT answer text) LANGUAGE plpgsql AS $f$
#variable_conflict use_column
DECLARE
  mine int := pg_backend_pid();
  is_new boolean;
  is_done boolean;
  in_vain boolean;
  told boolean;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN RETURN; END IF;
  IF NOT pg_try_advisory_xact_lock(hashtext('sessiondb log'), hashtext('@name')) THEN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO @schema.append_requests AS r
      VALUES (mine, true, clock_timestamp() + wait_ms * interval '1 ms', NULL, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
        $14, $15)
      ON CONFLICT ON CONSTRAINT append_requests_pkey DO UPDATE SET
        (waits, until, answer, now_at, given, streams, earlier, expected, rests, ids, types, actors, metas, datas, salts, bodies)
        = (true, excluded.until, NULL, excluded.now_at, excluded.given, excluded.streams, excluded.earlier, excluded.expected,
          excluded.rests, excluded.ids, excluded.types, excluded.actors, excluded.metas, excluded.datas, excluded.salts,
          excluded.bodies)
      RETURNING xmax = 0 INTO is_new;
    IF is_new THEN
      DELETE FROM @schema.append_requests r WHERE r.until < clock_timestamp() - interval '1 hour';
    END IF;
    COMMIT;
    in_vain := NOT @schema.append_wait(wait_ms, true);
    IF NOT in_vain THEN
      SELECT r.answer INTO answer FROM @schema.append_requests r WHERE r.backend = mine AND NOT r.waits;
      is_done := FOUND;
      COMMIT;
      IF is_done THEN
        PERFORM @schema.append_confirm();
        RETURN;
      END IF;
      in_vain := NOT @schema.append_wait(wait_ms, false);
    END IF;
    UPDATE @schema.append_requests r SET waits = false, datas = '{}', salts = '{}' WHERE r.backend = mine AND r.waits;
    IF NOT FOUND THEN
      SELECT r.answer INTO answer FROM @schema.append_requests r WHERE r.backend = mine;
      COMMIT;
      PERFORM @schema.append_confirm();
      RETURN;
    END IF;
    IF in_vain THEN
      COMMIT;
      RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = 'the log is locked', DETAIL = '${NOTHING_APPENDED}';
    END IF;
  END IF;
  answer := @schema.append_answer(NULL, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);
  told := split_part(answer, '|', 2) = 't';
  UPDATE @schema.append_requests r SET waits = false, answer = @schema.append_answer(told, r.now_at, r.given, r.streams,
      r.earlier, r.expected, r.rests, r.ids, r.types, r.actors, r.metas, r.datas, r.salts, r.bodies), datas = '{}', salts = '{}'
    WHERE r.backend IN (SELECT o.backend FROM @schema.append_requests o WHERE o.waits AND o.until > clock_timestamp()
      LIMIT ${MAX_SERVED} FOR UPDATE SKIP LOCKED);
  COMMIT;
  IF told AND channel IS NOT NULL THEN
    PERFORM pg_notify(channel, (SELECT e."offset" FROM @schema.events e ORDER BY e."offset" DESC LIMIT 1)::text);
  END IF;
END $f$`;
