import { type Kysely, sql } from "kysely";

/**
 * Postgres: claims of tasks as one call. The server looks which tasks come next, appends the event of each claim and says
 * what was claimed, all behind the writers' lock: nobody else can take them meanwhile, so nobody is too late, and no round
 * trip is waited for by others. It seals with `append_events` (0006-contended-append.ts), and those who find the lock taken
 * leave what they want as appends do there.
 *
 * Which tasks come next is said by `first_tasks`, which is made together with the read model of the tasks
 * (projections/first-tasks-sql.ts). Where it is not there, or cannot say it, nothing is done, and claims go the longer way.
 */
export async function createClaimsOnPostgres(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ name: string }>`SELECT current_schema() AS name`.execute(db);
  const [{ name }] = rows as [{ name: string }];
  for (const text of [REQUESTS, CLAIM, ANSWER, TOGETHER, AMONG_OTHERS]) {
    await sql.raw(text.replaceAll("@schema", `"${name}"`).replaceAll("@name", name)).execute(db);
  }
}

/** What an error says that is sure of it. */
const NOTHING_CLAIMED = "nothing was claimed";
/** Requests of others that are done together with one's own. */
const MAX_SERVED = 64;
/** Of a time up to the hundredth of a second: `2026-01-31T10:00:00.12`. */
const INTERVAL_DIGITS = 22;

/**
 * What those ask for who find the lock taken, as in append_requests. The data of a claim stays in it for no longer than the
 * claim waits.
 */
const REQUESTS = `
CREATE UNLOGGED TABLE @schema.claim_requests (
  backend    int PRIMARY KEY,
  waits      boolean NOT NULL,
  until      timestamptz NOT NULL,
  answer     text,
  now_at     text NOT NULL,
  model      text NOT NULL,
  agent      text NOT NULL,
  ready_by   text NOT NULL,
  guard      text NOT NULL,
  guard_type text NOT NULL,
  guarded    bigint NOT NULL,
  prefix     text NOT NULL,
  ids        text[] NOT NULL,
  types      text[] NOT NULL,
  actors     text[] NOT NULL,
  metas      text[] NOT NULL,
  datas      text[] NOT NULL,
  salts      text[] NOT NULL,
  heads      text[] NOT NULL
) WITH (fillfactor = 10)`;

/**
 * Claims the first tasks of an agent that are ready at `ready_by`, as many as there are ids, each with one event; the caller holds the lock, or gets it
 * in append_events. One place in each array is one claim; `heads` is what the hash of its event covers before the name of
 * the stream, which is `prefix` and the id of the task.
 *
 * Nothing is done where the stream `guard` has an event of `guard_type` behind version `guarded`: what the caller knew is
 * out of date.
 *
 * `outcome`: claimed, none, or why it was not done: what first_tasks says, guarded, or refused by append_events.
 */
const CLAIM = `
CREATE FUNCTION @schema.claim_tasks(now_at text, model text, agent text, ready_by text, guard text, guard_type text, guarded bigint,
  prefix text, ids text[], types text[], actors text[], metas text[], datas text[], salts text[], heads text[],
  OUT outcome text, OUT tasks text[], OUT versions bigint[], OUT documents text[], OUT tail_offset bigint, OUT tail_hash text, OUT tail_at text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
#variable_conflict use_column
DECLARE
  claims int;
  streams text[];
  bodies text[];
  stored boolean;
BEGIN
  IF to_regproc('@schema.first_tasks') IS NULL THEN
    outcome := 'behind';
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM @schema.events e WHERE e.stream = guard AND e.version > guarded AND e.type = guard_type) THEN
    outcome := 'guarded';
    RETURN;
  END IF;
  SELECT f.outcome, f.tasks, f.versions, f.documents INTO outcome, tasks, versions, documents
    FROM @schema.first_tasks(model, agent, ready_by, cardinality(ids)) f;
  IF outcome <> 'claimed' THEN RETURN; END IF;
  claims := cardinality(tasks);
  FOR i IN 1 .. claims LOOP
    streams[i] := prefix || tasks[i];
    bodies[i] := heads[i] || to_json(streams[i])::text || ',"type":' || to_json(types[i])::text || '}';
  END LOOP;
  SELECT a.stored, a.tail_offset, a.tail_hash, a.tail_at INTO stored, tail_offset, tail_hash, tail_at
    FROM @schema.append_events(0, now_at, '{}', streams, array_fill(0, ARRAY[claims]), versions, array_fill(0, ARRAY[claims]),
      ids[:claims], types[:claims], actors[:claims], metas[:claims], datas[:claims], salts[:claims], bodies) a;
  IF stored IS NOT TRUE THEN outcome := 'refused'; END IF;
END $f$`;

/**
 * What claim_tasks answers, and whether it is told, as one text of JSON: `offset` and `hash` are those of the event before the
 * first claim, `at` is the time of the claims. Where it fails nothing is stored.
 */
const ANSWER = `
CREATE FUNCTION @schema.claim_answer(told boolean, now_at text, model text, agent text, ready_by text, guard text,
  guard_type text, guarded bigint, prefix text, ids text[], types text[], actors text[], metas text[], datas text[],
  salts text[], heads text[], OUT answer text, OUT documents text) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  done record;
BEGIN
  SELECT * INTO done FROM @schema.claim_tasks(now_at, model, agent, ready_by, guard, guard_type, guarded, prefix, ids, types, actors,
    metas, datas, salts, heads);
  IF done.outcome <> 'claimed' THEN
    answer := json_build_object('outcome', done.outcome);
    RETURN;
  END IF;
  documents := to_json(done.documents);
  answer := json_build_object('outcome', done.outcome,
    'told', coalesce(told, left(now_at, ${INTERVAL_DIGITS}) COLLATE "C" > left(done.tail_at, ${INTERVAL_DIGITS}) COLLATE "C"),
    'offset', done.tail_offset, 'hash', done.tail_hash, 'at', greatest(now_at COLLATE "C", done.tail_at COLLATE "C"), 'versions', done.versions, 'tasks', done.tasks);
EXCEPTION WHEN OTHERS THEN answer := json_build_object('outcome', 'refused');
END $f$`;

/**
 * The same together with all who wait for tasks of the same agent: the queue is looked at once, and there is one append.
 * Each is answered for its own part. Where that fails, and somebody else's claims may be why, nobody is answered but the
 * caller, whose claims are made alone.
 */
const TOGETHER = `
CREATE FUNCTION @schema.claim_together(now_at text, model text, agent text, ready_by text, guard text, guard_type text,
  guarded bigint, prefix text, ids text[], types text[], actors text[], metas text[], datas text[], salts text[],
  heads text[], OUT answer text, OUT documents text) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
#variable_conflict use_column
DECLARE
  one record;
  backends int[] := '{}';
  ends int[] := ARRAY[cardinality(ids)];
  answers text[] := '{}';
  ready text := ready_by;
  all_ids text[] := ids;
  all_types text[] := types;
  all_actors text[] := actors;
  all_metas text[] := metas;
  all_datas text[] := datas;
  all_salts text[] := salts;
  all_heads text[] := heads;
  done json;
  tasks text[];
  versions bigint[];
  others int;
BEGIN
  FOR one IN SELECT r.* FROM @schema.claim_requests r
    WHERE r.waits AND r.until > clock_timestamp() AND r.model = $2 AND r.agent = $3 AND r.guard = $5 AND r.guard_type = $6
      AND r.guarded = $7 AND r.prefix = $8 LIMIT ${MAX_SERVED} FOR UPDATE SKIP LOCKED LOOP
    backends := backends || one.backend;
    ends := ends || ends[cardinality(ends)] + cardinality(one.ids);
    ready := least(ready COLLATE "C", one.ready_by);
    all_ids := all_ids || one.ids;
    all_types := all_types || one.types;
    all_actors := all_actors || one.actors;
    all_metas := all_metas || one.metas;
    all_datas := all_datas || one.datas;
    all_salts := all_salts || one.salts;
    all_heads := all_heads || one.heads;
  END LOOP;
  others := cardinality(backends);
  SELECT a.answer, a.documents INTO answer, documents FROM @schema.claim_answer(NULL, now_at, model, agent, ready, guard,
    guard_type, guarded, prefix, all_ids, all_types, all_actors, all_metas, all_datas, all_salts, all_heads) a;
  IF others = 0 THEN RETURN; END IF;
  done := answer;
  IF done ->> 'outcome' = 'refused' THEN
    SELECT a.answer, a.documents INTO answer, documents FROM @schema.claim_answer(NULL, now_at, model, agent, ready_by, guard,
      guard_type, guarded, prefix, ids, types, actors, metas, datas, salts, heads) a;
    RETURN;
  END IF;
  IF done ->> 'outcome' = 'claimed' THEN
    tasks := ARRAY(SELECT json_array_elements_text(done -> 'tasks'));
    versions := ARRAY(SELECT json_array_elements_text(done -> 'versions')::bigint);
    answer := json_build_object('outcome', 'claimed', 'told', done -> 'told', 'offset', done -> 'offset', 'hash', done -> 'hash',
      'at', done -> 'at', 'versions', versions[:ends[1]], 'tasks', tasks[:ends[1]]);
    FOR i IN 1 .. others LOOP
      answers[i] := CASE WHEN ends[i] >= cardinality(tasks) THEN '{"outcome":"behind"}' ELSE (
        SELECT json_build_object('outcome', 'claimed', 'told', done -> 'told', 'offset', e."offset", 'hash', e.hash,
          'at', done -> 'at', 'versions', versions[ends[i] + 1:ends[i + 1]], 'tasks', tasks[ends[i] + 1:ends[i + 1]])::text
        FROM @schema.events e WHERE e."offset" = (done ->> 'offset')::bigint + ends[i]) END;
    END LOOP;
  ELSE
    answers := array_fill(answer, ARRAY[others]);
  END IF;
  UPDATE @schema.claim_requests r SET waits = false, answer = a.answer, datas = '{}', salts = '{}'
    FROM unnest(backends, answers) AS a (backend, answer) WHERE r.backend = a.backend;
END $f$`;

/**
 * Claims among others, in the way of append_among_others, which says why each step is as it is: who gets the lock does what
 * all want who wait. `documents`: those of the tasks that were claimed, as one JSON text; they may be older than the claims.
 *
 * `answer` is null where it cannot be done in this way.
 */
const AMONG_OTHERS = `
CREATE PROCEDURE @schema.claim_among_others(channel text, wait_ms bigint, now_at text, model text, agent text,
  ready_by text, guard text, guard_type text, guarded bigint, prefix text, ids text[], types text[], actors text[],
  metas text[], datas text[], salts text[], heads text[], INOUT answer text, INOUT documents text) LANGUAGE plpgsql AS $f$
#variable_conflict use_column
DECLARE
  mine int := pg_backend_pid();
  is_done boolean := false;
  is_new boolean;
  in_vain boolean;
  told boolean;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN RETURN; END IF;
  IF NOT pg_try_advisory_xact_lock(hashtext('sessiondb log'), hashtext('@name')) THEN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO @schema.claim_requests AS r
      VALUES (mine, true, clock_timestamp() + wait_ms * interval '1 ms', NULL, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
        $14, $15, $16, $17)
      ON CONFLICT ON CONSTRAINT claim_requests_pkey DO UPDATE SET
        (waits, until, answer, now_at, model, agent, ready_by, guard, guard_type, guarded, prefix, ids, types, actors, metas, datas, salts,
          heads)
        = (true, excluded.until, NULL, excluded.now_at, excluded.model, excluded.agent, excluded.ready_by, excluded.guard,
          excluded.guard_type, excluded.guarded, excluded.prefix, excluded.ids, excluded.types, excluded.actors, excluded.metas, excluded.datas,
          excluded.salts, excluded.heads)
      RETURNING xmax = 0 INTO is_new;
    IF is_new THEN
      DELETE FROM @schema.claim_requests r WHERE r.until < clock_timestamp() - interval '1 hour';
    END IF;
    COMMIT;
    in_vain := NOT @schema.append_wait(wait_ms, true);
    IF NOT in_vain THEN
      SELECT r.answer INTO answer FROM @schema.claim_requests r WHERE r.backend = mine AND NOT r.waits;
      is_done := FOUND;
    END IF;
    COMMIT;
    IF NOT is_done THEN
      in_vain := in_vain OR NOT @schema.append_wait(wait_ms, false);
      UPDATE @schema.claim_requests r SET waits = false, datas = '{}', salts = '{}' WHERE r.backend = mine AND r.waits;
      IF NOT FOUND THEN
        SELECT r.answer INTO answer FROM @schema.claim_requests r WHERE r.backend = mine;
        is_done := true;
        COMMIT; -- gives the lock back
      ELSIF in_vain THEN
        COMMIT;
        RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = 'the log is locked', DETAIL = '${NOTHING_CLAIMED}';
      END IF;
    END IF;
  END IF;
  IF NOT is_done THEN
    SELECT a.answer, a.documents INTO answer, documents FROM @schema.claim_together($3, $4, $5, $6, $7, $8, $9, $10, $11,
      $12, $13, $14, $15, $16, $17) a;
    told := (answer::json ->> 'told')::boolean;
    UPDATE @schema.claim_requests r SET waits = false, answer = (@schema.claim_answer(told, r.now_at, r.model, r.agent, r.ready_by,
        r.guard, r.guard_type, r.guarded, r.prefix, r.ids, r.types, r.actors, r.metas, r.datas, r.salts, r.heads)).answer,
        datas = '{}', salts = '{}'
      WHERE r.backend IN (SELECT o.backend FROM @schema.claim_requests o WHERE o.waits AND o.until > clock_timestamp()
        LIMIT ${MAX_SERVED} FOR UPDATE SKIP LOCKED);
    COMMIT;
    IF told AND channel IS NOT NULL THEN
      PERFORM pg_notify(channel, (SELECT e."offset" FROM @schema.events e ORDER BY e."offset" DESC LIMIT 1)::text);
    END IF;
  END IF;
  IF is_done AND answer::json ->> 'outcome' = 'claimed' THEN
    COMMIT;
    PERFORM @schema.append_confirm();
    BEGIN
      documents := @schema.documents_of_tasks(model, ARRAY(SELECT json_array_elements_text(answer::json -> 'tasks')));
    EXCEPTION WHEN OTHERS THEN NULL; -- what was claimed must be told; the log has the rest
    END;
  END IF;
END $f$`;
