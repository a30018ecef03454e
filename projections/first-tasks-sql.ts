import { MAX_QUEUE_LAG } from "../src/log/read-model-tables.js";

/**
 * Which tasks are handed out next, for the claims that the server makes (migrations/0008-claims.ts): the caller holds the
 * writers' lock. Made anew whenever the read model gets other tables, so that the server keeps the plans of fixed statements.
 *
 * `outcome`: claimed, with up to `wanted` tasks, the versions of their streams and their documents; none; behind, where the tables must
 * be caught up first; lapsed, where a lease that ran out comes first: what becomes of that, src/collab/decide-task.ts decides.
 *
 * Tasks that were written to behind the checkpoint of the tables are left out, whatever it was: what brings a task to the
 * queue, now or since its lease ran out, needs the tables to be caught up. Data is canonical text, in which no string holds a
 * quote that is not escaped, so what looks like the member is the member.
 */
const FIRST = `
CREATE OR REPLACE FUNCTION @schema.first_tasks(model text, agent text, now_at text, wanted int,
  OUT outcome text, OUT tasks text[], OUT versions bigint[], OUT documents text[]) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $f$
#variable_conflict use_column
DECLARE
  reached bigint;
  lag bigint;
  is_known boolean;
  brought boolean;
  touched text[];
  are_waiting boolean;
BEGIN
  SELECT m."offset", coalesce((SELECT e."offset" FROM @schema.events e ORDER BY e."offset" DESC LIMIT 1), 0) - m."offset",
      m."offset" = 0 OR EXISTS (SELECT FROM @schema.events e WHERE e."offset" = m."offset" AND e.hash = m.hash)
    INTO reached, lag, is_known FROM @schema.read_models m
    WHERE m.model = $1 AND m.side = 'live' AND m.fault_offset IS NULL
      AND 'model_' || m.model || '_g' || m.generation = '@documents';
  outcome := 'behind';
  IF is_known IS NOT TRUE OR lag NOT BETWEEN 0 AND ${MAX_QUEUE_LAG} THEN RETURN; END IF;
  SELECT array_agg(e.stream), bool_or(CASE
      WHEN e.type IN ('task.created', 'task.requeued', 'task.failed') THEN true
      WHEN e.type IN ('task.claimed', 'task.started', 'task.heartbeat')
        THEN substr(e.data, strpos(e.data, '"leaseUntil":"') + 14, 24) COLLATE "C" <= now_at
      ELSE false END)
    INTO touched, brought FROM @schema.events e WHERE e."offset" > reached;
  IF brought THEN RETURN; END IF;
  SELECT array_agg(f.id), array_agg(f.version), array_agg(f.document), bool_and(f.status = 'pending')
    INTO tasks, versions, documents, are_waiting FROM (
    SELECT d.id, d.version::bigint AS version, d.document, d.status FROM @schema."@documents" d
    WHERE d.agent_name = agent AND d.ready_at <= now_at
      AND ('collabtask-' || d.id) COLLATE "C" NOT IN (SELECT unnest(touched) COLLATE "C")
    ORDER BY d.priority DESC NULLS LAST, d.created_offset ASC NULLS FIRST, d.id LIMIT wanted) f;
  outcome := CASE WHEN are_waiting THEN 'claimed' WHEN tasks IS NOT NULL THEN 'lapsed' WHEN lag > 0 THEN 'behind' ELSE 'none' END;
END $f$`;

/** An array of JSON with their texts, in this order; null for tasks that are not there any more. */
const DOCUMENTS = `
CREATE OR REPLACE FUNCTION @schema.documents_of_tasks(model text, tasks text[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NOT starts_with('@documents', 'model_' || model || '_g') THEN RETURN '[]'; END IF;
  RETURN to_json(ARRAY(SELECT (SELECT d.document FROM @schema."@documents" d WHERE d.id = t.id COLLATE "C") FROM unnest(tasks) AS t (id)));
END $f$`;

export const FIRST_TASKS: readonly string[] = [FIRST, DOCUMENTS];
