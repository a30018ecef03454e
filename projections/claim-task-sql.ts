import { AT_ONCE } from "./collab-events.js";

/**
 * `claim_task(agent_name, control_agent)` of Postgres: hands out a task as `TaskQueue.claim` does, by events that are sealed
 * like all others (src/log/hash-chain.ts says what the hashes cover), under the lock that every writer of the log takes.
 *
 * The read model may be behind the log: whatever was written to tasks since its checkpoint is read from the events
 * themselves. Of a task, its last event tells whether it waits or is held, and until when.
 */

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/**
 * Appends events in one append; the server seals them (migrations/0006-contended-append.ts). The caller holds the lock.
 * Returns the version that the first stream had before.
 */
const APPEND = `
CREATE OR REPLACE FUNCTION @schema.collab_append(by_actor text, streams text[], types text[], datas text[])
RETURNS bigint LANGUAGE plpgsql AS $f$
DECLARE
  events int := cardinality(streams);
  earlier int[] := '{}';
  rests int[] := '{}';
  ids text[] := '{}';
  salts text[] := '{}';
  bodies text[] := '{}';
  random text;
  millis text := lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0');
  before bigint;
BEGIN
  FOR i IN 1 .. events LOOP
    random := replace(gen_random_uuid()::text, '-', '');
    earlier := earlier || coalesce((SELECT max(j) FROM generate_series(1, i - 1) j WHERE streams[j] = streams[i]), 0);
    rests := rests || events - i;
    salts := salts || replace(gen_random_uuid()::text, '-', '');
    ids := ids || (substr(millis, 1, 8) || '-' || substr(millis, 9, 4) || '-7' || substr(random, 1, 3) || '-'
      || substr('89ab', 1 + get_byte(decode(substr(random, 4, 2), 'hex'), 0) % 4, 1) || substr(random, 6, 3) || '-'
      || substr(random, 9, 12));
    bodies := bodies || ('{"actor":' || to_json(by_actor)::text
      || ',"dataHash":"' || encode(sha256(convert_to(salts[i] || E'\\n' || datas[i], 'UTF8')), 'hex')
      || '","id":"' || ids[i] || '","meta":{"schema":1},"stream":' || to_json(streams[i])::text
      || ',"type":' || to_json(types[i])::text || '}');
  END LOOP;
  SELECT a.befores[1] INTO STRICT before FROM @schema.append_events(0, to_char(clock_timestamp() AT TIME ZONE 'UTC', ${ISO}),
    '{}', streams, earlier, array_fill(NULL::bigint, ARRAY[events]), rests, ids, types, array_fill(by_actor, ARRAY[events]),
    array_fill('{"schema":1}'::text, ARRAY[events]), datas, salts, bodies) a;
  RETURN before;
END $f$`;

/** As it was before: of one event at a time. */
const DROP_OLDER = "DROP FUNCTION IF EXISTS @schema.collab_append(text, text, text, text, bigint)";

/** Tasks of an agent that are not ended, as the log has them now. */
const STATES = `
CREATE OR REPLACE FUNCTION @schema.collab_open_tasks(agent text)
RETURNS TABLE (stream text, held boolean, ready_at timestamptz, priority bigint, created_offset bigint, attempts bigint,
  max_attempts bigint) LANGUAGE plpgsql STABLE AS $f$
#variable_conflict use_column
DECLARE
  checkpoint bigint;
BEGIN
  SELECT m."offset" INTO checkpoint
    FROM @schema.read_models m JOIN @schema.events e ON e."offset" = m."offset" AND e.hash = m.hash
    WHERE m.name = 'tasks' AND m.side = 'live' ORDER BY m.revision DESC, m."offset" DESC LIMIT 1;
  checkpoint := coalesce(checkpoint, 0);
  IF checkpoint > 0 THEN
    RETURN QUERY SELECT 'collabtask-' || t.id, t.status <> 'pending', t.ready_at, t.priority, t.created_offset, t.attempts,
        t.max_attempts
      FROM @schema.tasks t WHERE t.agent_name = agent AND t.ready_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM @schema.events e WHERE e.stream = 'collabtask-' || t.id AND e."offset" > checkpoint);
  END IF;
  RETURN QUERY SELECT s.stream, l.type IN ('task.claimed', 'task.started', 'task.heartbeat'),
      coalesce(l.data ->> 'leaseUntil', l.data ->> 'retryAt', l.data ->> 'readyAt', l.data ->> 'notBefore', '${AT_ONCE}')::timestamptz,
      (c.data ->> 'priority')::bigint, c."offset",
      (SELECT count(*) FROM @schema.events e WHERE e.stream = s.stream AND e.type = 'task.claimed'),
      (c.data ->> 'maxAttempts')::bigint
    FROM (SELECT DISTINCT e.stream FROM @schema.events e
      WHERE e."offset" > checkpoint AND starts_with(e.stream, 'collabtask-')) s
    JOIN LATERAL (SELECT e."offset", replace(e.data, E'\\\\u0000', E'\\\\ufffd')::json AS data FROM @schema.events e
      WHERE e.stream = s.stream AND e.version = 1 AND e.type = 'task.created') c ON true
    JOIN LATERAL (SELECT e.type, replace(e.data, E'\\\\u0000', E'\\\\ufffd')::json AS data FROM @schema.events e
      WHERE e.stream = s.stream ORDER BY e.version DESC LIMIT 1) l ON true
    WHERE c.data ->> 'agentName' = agent
      AND NOT EXISTS (SELECT FROM @schema.events e WHERE e.stream = s.stream AND e.type IN ('task.completed', 'task.cancelled'))
      AND NOT (l.type = 'task.failed' AND l.data ->> 'retryAt' IS NULL);
END $f$`;

const CLAIM = `
CREATE OR REPLACE FUNCTION @schema.claim_task(agent_name text, control_agent text, lease interval DEFAULT '1 minute')
RETURNS TABLE (id text, session_id text, token bigint, lease_until timestamptz) LANGUAGE plpgsql AS $f$
#variable_conflict use_column
DECLARE
  agent ALIAS FOR $1;
  claimer ALIAS FOR $2;
  now_at timestamptz;
  at text;
  until_at text;
  at_most bigint;
  task record;
  task_id text;
  streams text[];
  types text[];
  datas text[];
  tail bigint;
  new_token bigint;
BEGIN
  IF coalesce(claimer, '') = '' OR octet_length(claimer) > 256 OR claimer ~ '[[:cntrl:]]' THEN
    RAISE EXCEPTION 'control_agent is a text of 1 to 256 bytes without control characters' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF lease <= interval '0' OR lease > interval '1 day' THEN
    RAISE EXCEPTION 'a lease is longer than 0 and at most a day' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'claim_task needs READ COMMITTED: what it reads must be what the writer before has left'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  PERFORM set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');
  PERFORM pg_advisory_xact_lock(hashtext('sessiondb log'), hashtext('@name'));
  now_at := date_trunc('milliseconds', clock_timestamp());
  at := to_char(now_at AT TIME ZONE 'UTC', ${ISO});
  until_at := to_char((now_at + lease) AT TIME ZONE 'UTC', ${ISO});
  SELECT (replace(e.data, E'\\\\u0000', E'\\\\ufffd')::json ->> 'maxConcurrent')::bigint INTO at_most FROM @schema.events e
    WHERE e.stream = 'collabagent-' || agent AND e.type = 'agent.registered' ORDER BY e.version DESC LIMIT 1;
  IF at_most <= (SELECT count(*) FROM @schema.collab_open_tasks(agent) o WHERE o.held AND o.ready_at > now_at) THEN RETURN; END IF;
  FOR task IN SELECT * FROM @schema.collab_open_tasks(agent) o WHERE o.ready_at <= now_at
    ORDER BY o.priority DESC, o.created_offset LOOP
    task_id := substr(task.stream, length('collabtask-') + 1);
    IF task.held AND task.attempts >= task.max_attempts THEN
      PERFORM @schema.collab_append(claimer, ARRAY[task.stream], ARRAY['task.failed'], ARRAY['{"at":"' || at
        || '","error":"its lease ran out at attempt ' || task.attempts || ' of ' || task.max_attempts
        || '","output":null,"retryAt":null}']);
      CONTINUE;
    END IF;
    streams := ARRAY[task.stream];
    types := ARRAY['task.claimed'];
    datas := ARRAY['{"at":"' || at || '","claimedBy":' || to_json(claimer)::text || ',"leaseUntil":"' || until_at
      || '","processId":null}'];
    IF task.held THEN
      streams := task.stream || streams;
      types := 'task.requeued'::text || types;
      datas := ('{"readyAt":"' || at || '","why":"its lease ran out"}') || datas;
    END IF;
    IF at_most IS NOT NULL THEN
      streams := streams || ('collabagent-' || agent);
      types := types || 'agent.assigned'::text;
      datas := datas || ('{"task":' || to_json(task_id)::text || '}');
    END IF;
    new_token := @schema.collab_append(claimer, streams, types, datas) + 1 + task.held::int;
    SELECT max(e."offset") INTO tail FROM @schema.events e;
    PERFORM pg_notify('sessiondb_' || substr(encode(sha256(convert_to('@name', 'UTF8')), 'hex'), 1, 8), tail::text);
    RETURN QUERY SELECT task_id, nullif(split_part(task_id, '/', 1), ''), new_token, now_at + lease;
    RETURN;
  END LOOP;
END $f$`;

export const CLAIM_TASK: readonly string[] = [APPEND, STATES, CLAIM, DROP_OLDER];
