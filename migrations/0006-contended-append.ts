import { type Kysely, sql } from "kysely";

/**
 * Postgres: an append as one call, for writers who meet, and who then share a wait for the disk. Whoever takes the writers' lock from outside and then looks, seals
 * and writes makes all others wait for each of these round trips; here the server does all of it, and the lock is held
 * for no longer than that and the wait for the disk.
 *
 * The one place where SQL seals: whatever else appends in SQL calls it.
 */
export async function createContendedAppendOnPostgres(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ name: string }>`SELECT current_schema() AS name`.execute(db);
  const [{ name }] = rows as [{ name: string }];
  for (const text of [APPEND, REQUESTS, ANSWER, WAIT, AMONG_OTHERS]) {
    await sql.raw(text.replaceAll("@schema", `"${name}"`).replaceAll("@name", name)).execute(db);
  }
}

/** What an error says that is sure of it. */
const NOTHING_APPENDED = "nothing was appended";
/** Requests of others that are done together with one's own. */
const MAX_SERVED = 64;
/** Of a time up to the hundredth of a second: `2026-01-31T10:00:00.12`. */
const INTERVAL_DIGITS = 22;

/**
 * Seals and stores one group of appends, all of it or nothing, with offsets, versions, time and hashes as src/log/seal.ts
 * gives them. One place in each array is one event:
 *
 * - `earlier`: the place of the event before it of the same stream in this group; 0 where there is none
 * - `expected`: the version that its stream must have before it; -1: any but 0; null: any
 * - `rests`: how many events of its append come after it
 * - `bodies`: the canonical text that its hash covers, and that does not depend on its place
 *
 * `given` are ids that the log may hold already, where nothing is stored then, and `befores` is null. Of an id that stands
 * there all the same the unique index tells. `befores`: the versions of the streams in order of appearance; with the tail
 * they are what was seen under the lock, whether it was stored or an expected version did not hold.
 *
 * What is planned while the table is small, by its keys all the same, stays right when it has grown.
 *
 * It runs with the rights of its caller: who may not insert events may not append in this way either. Nothing is done
 * (null) where the isolation is stricter than READ COMMITTED, because what is read behind the lock could be outdated.
 */
const APPEND = `
CREATE FUNCTION @schema.append_events(wait_ms bigint, now_at text, given text[], streams text[], earlier int[],
  expected bigint[], rests int[], ids text[], types text[], actors text[], metas text[], datas text[], salts text[],
  bodies text[], OUT stored boolean, OUT tail_offset bigint, OUT tail_hash text, OUT tail_at text, OUT befores bigint[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $f$
#variable_conflict use_column
DECLARE
  versions bigint[] := '{}';
  hashes text[] := '{}';
  at text;
  before bigint;
  chained text;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN RETURN; END IF;
  IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  IF NOT pg_try_advisory_xact_lock(hashtext('sessiondb log'), hashtext('@name')) THEN
    PERFORM set_config('lock_timeout', wait_ms || 'ms', true);
    PERFORM pg_advisory_xact_lock(hashtext('sessiondb log'), hashtext('@name'));
  END IF;
  SELECT e."offset", e.hash, e.recorded_at INTO tail_offset, tail_hash, tail_at
    FROM @schema.events e ORDER BY e."offset" DESC LIMIT 1;
  IF tail_offset IS NULL THEN
    tail_offset := 0;
    tail_hash := repeat('0', 64);
    tail_at := '';
  END IF;
  stored := true;
  befores := '{}';
  at := greatest(now_at COLLATE "C", tail_at COLLATE "C");
  chained := tail_hash;
  FOR i IN 1 .. cardinality(ids) LOOP
    IF earlier[i] > 0 THEN
      before := versions[earlier[i]];
    ELSE
      before := coalesce((SELECT e.version FROM @schema.events e WHERE e.stream = streams[i]
        ORDER BY e.version DESC LIMIT 1), 0);
      befores := befores || before;
    END IF;
    IF expected[i] <> before AND NOT (expected[i] = -1 AND before > 0) THEN stored := false; END IF;
    versions := versions || before + 1;
    chained := encode(sha256(convert_to(chained || E'\\n' || tail_offset + i || E'\\n' || before + 1 || E'\\n' || at
      || E'\\n' || bodies[i], 'UTF8')), 'hex');
    hashes := hashes || chained;
  END LOOP;
  IF cardinality(given) > 0 AND EXISTS (SELECT FROM @schema.events e WHERE e.id = ANY (given)) THEN
    stored := false;
    befores := NULL;
  END IF;
  IF NOT stored THEN RETURN; END IF;
  FOR i IN 1 .. cardinality(ids) LOOP
    INSERT INTO @schema.events ("offset", "commit", version, recorded_at, id, stream, type, actor, meta, data, salt, hash)
    VALUES (tail_offset + i, tail_offset + i + rests[i], versions[i], at, ids[i], streams[i], types[i], actors[i], metas[i],
      datas[i], salts[i], hashes[i]);
  END LOOP;
END $f$`;

/**
 * What those ask for who find the lock taken: one row for each connection, changed in place, which the room in its page is for.
 * `waits` until it was done, or taken back; behind `until` whoever asked is gone. `answer` is told by who did it. Data and
 * salts do not stay in it: what is erased from the log must not stand here.
 *
 * It is lost with the server, and nothing was answered to it then. Whether an append was done, its events tell.
 */
const REQUESTS = `
CREATE UNLOGGED TABLE @schema.append_requests (
  backend  int PRIMARY KEY,
  waits    boolean NOT NULL,
  until    timestamptz NOT NULL,
  answer   text,
  now_at   text NOT NULL,
  given    text[] NOT NULL,
  streams  text[] NOT NULL,
  earlier  int[] NOT NULL,
  expected bigint[] NOT NULL,
  rests    int[] NOT NULL,
  ids      text[] NOT NULL,
  types    text[] NOT NULL,
  actors   text[] NOT NULL,
  metas    text[] NOT NULL,
  datas    text[] NOT NULL,
  salts    text[] NOT NULL,
  bodies   text[] NOT NULL
) WITH (fillfactor = 10)`;

/**
 * What append_events answers, and whether it is told, as one text. Where it fails nothing is stored, and the answer is empty:
 * whoever asked tries in another way, and meets the error there.
 */
const ANSWER = `
CREATE FUNCTION @schema.append_answer(told boolean, now_at text, given text[], streams text[], earlier int[], expected bigint[],
  rests int[], ids text[], types text[], actors text[], metas text[], datas text[], salts text[], bodies text[])
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  done record;
BEGIN
  SELECT * INTO done FROM @schema.append_events(0, now_at, given, streams, earlier, expected, rests, ids, types, actors, metas,
    datas, salts, bodies);
  RETURN concat_ws('|', done.stored,
    coalesce(told, left(now_at, ${INTERVAL_DIGITS}) COLLATE "C" > left(done.tail_at, ${INTERVAL_DIGITS}) COLLATE "C"),
    done.tail_offset, done.tail_hash, done.tail_at, array_to_string(done.befores, ','));
EXCEPTION WHEN OTHERS THEN RETURN '';
END $f$`;

/** Waits for the lock, alone or together with others who only want to know what became of their request. False: in vain. */
const WAIT = `
CREATE FUNCTION @schema.append_wait(wait_ms bigint, shared boolean) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  PERFORM set_config('lock_timeout', wait_ms || 'ms', true);
  IF shared THEN
    PERFORM pg_advisory_xact_lock_shared(hashtext('sessiondb log'), hashtext('@name'));
  ELSE
    PERFORM pg_advisory_xact_lock(hashtext('sessiondb log'), hashtext('@name'));
  END IF;
  RETURN true;
EXCEPTION WHEN lock_not_available THEN RETURN false;
END $f$`;

/**
 * An append among others. Whoever finds the lock taken leaves what it wants in a transaction that waits for no disk, and
 * waits. Who gets the lock does what all of them want: so those who wait share one wait for the disk, as the appends of one
 * process do. When the lock is free again, all who wait look at once; what was done for them is on disk by then. Who finds
 * nothing done asks for the lock itself.
 *
 * Nothing is announced before the commit: in one transaction with the append, NOTIFY would make the commits of all logs of a
 * server wait for each other. Only the first who append in one hundredth of a second tell listeners.
 *
 * `answer` is null where it cannot be done in this way, and empty where this append cannot.
 */
const AMONG_OTHERS = `
CREATE PROCEDURE @schema.append_among_others(channel text, wait_ms bigint, now_at text, given text[], streams text[],
  earlier int[], expected bigint[], rests int[], ids text[], types text[], actors text[], metas text[], datas text[],
  salts text[], bodies text[], INOUT answer text) LANGUAGE plpgsql AS $f$
#variable_conflict use_column
DECLARE
  mine int := pg_backend_pid();
  is_new boolean;
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
      IF FOUND THEN RETURN; END IF;
      COMMIT;
      in_vain := NOT @schema.append_wait(wait_ms, false);
    END IF;
    UPDATE @schema.append_requests r SET waits = false, datas = '{}', salts = '{}' WHERE r.backend = mine AND r.waits;
    IF NOT FOUND THEN
      SELECT r.answer INTO answer FROM @schema.append_requests r WHERE r.backend = mine;
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
