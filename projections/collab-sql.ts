import { CLAIM_TASK } from "./claim-task-sql.js";
import { FIRST_TASKS } from "./first-tasks-sql.js";

/**
 * Views and functions of SQL that stand on the read models of collaborative sessions. On Postgres they are functions of
 * PL/pgSQL, which look for the read models when they are called, and views of those: a view that stood on another view
 * would keep it from being replaced.
 */

/** Tasks that somebody works on. */
const HELD = "status IN ('claimed', 'running')";

/** Column current_tasks of `agents`. */
export const CURRENT_TASKS = {
  sqlite: `(SELECT count(*) FROM tasks WHERE tasks.agent_name = "name" AND tasks.${HELD})`,
  postgres: '@schema.collab_current_tasks("name")',
} as const;

export const CURRENT_TASKS_FUNCTION: readonly string[] = [
  `CREATE OR REPLACE FUNCTION @schema.collab_current_tasks(agent text) RETURNS bigint LANGUAGE plpgsql STABLE AS $f$
   BEGIN
     IF to_regclass('@schema.tasks') IS NULL THEN RETURN 0; END IF; -- no task was ever asked for
     RETURN (SELECT count(*) FROM @schema.tasks t WHERE t.agent_name = agent AND t.${HELD});
   END $f$`,
];

/** `active_sessions`: with how many tasks are running and waiting. */
export const ACTIVE_SESSIONS = {
  sqlite: [
    "DROP VIEW IF EXISTS active_sessions",
    `CREATE VIEW active_sessions AS SELECT s.id, s.title, s.participants, s.created, s.last_activity,
       s.chunk_count, s.memory_count, s.task_count, s.artifact_count,
       (SELECT count(*) FROM tasks t WHERE t.session_id = s.id AND t.${HELD}) AS running_tasks,
       (SELECT count(*) FROM tasks t WHERE t.session_id = s.id AND t.status = 'pending') AS pending_tasks
     FROM collab_sessions s WHERE s.status = 'active'`,
  ],
  postgres: [
    `CREATE OR REPLACE FUNCTION @schema.collab_active_sessions() RETURNS TABLE (id text, title text, participants jsonb,
       created timestamptz, last_activity timestamptz, chunk_count bigint, memory_count bigint, task_count bigint,
       artifact_count bigint, running_tasks bigint, pending_tasks bigint) LANGUAGE plpgsql STABLE AS $f$
     BEGIN
       RETURN QUERY SELECT s.id, s.title, s.participants, s.created, s.last_activity, s.chunk_count, s.memory_count,
         s.task_count, s.artifact_count,
         (SELECT count(*) FROM @schema.tasks t WHERE t.session_id = s.id AND t.${HELD}),
         (SELECT count(*) FROM @schema.tasks t WHERE t.session_id = s.id AND t.status = 'pending')
       FROM @schema.collab_sessions s WHERE s.status = 'active';
     END $f$`,
    "CREATE OR REPLACE VIEW @schema.active_sessions AS SELECT * FROM @schema.collab_active_sessions()",
  ],
} as const;

/** `task_queue`: what waits, in the order in which it is handed out. */
const TASK_QUEUE = {
  sqlite: [
    "DROP VIEW IF EXISTS task_queue",
    `CREATE VIEW task_queue AS SELECT t.id, t.session_id, s.title AS session_title, t.agent_name, t.task_type, t.priority,
       t.input_data, t.attempts, t.created, t.ready_at
     FROM tasks t LEFT JOIN collab_sessions s ON s.id = t.session_id
     WHERE t.status = 'pending' ORDER BY t.priority DESC, t.created_offset`,
  ],
  postgres: [
    `CREATE OR REPLACE FUNCTION @schema.collab_task_queue() RETURNS TABLE (id text, session_id text, session_title text,
       agent_name text, task_type text, priority bigint, input_data jsonb, attempts bigint, created timestamptz,
       ready_at timestamptz) LANGUAGE plpgsql STABLE AS $f$
     BEGIN
       RETURN QUERY SELECT t.id, t.session_id, s.title, t.agent_name, t.task_type, t.priority, t.input_data, t.attempts,
         t.created, t.ready_at
       FROM @schema.tasks t LEFT JOIN @schema.collab_sessions s ON s.id = t.session_id
       WHERE t.status = 'pending' ORDER BY t.priority DESC, t.created_offset;
     END $f$`,
    "CREATE OR REPLACE VIEW @schema.task_queue AS SELECT * FROM @schema.collab_task_queue()",
  ],
} as const;

export const TASK_SQL = {
  sqlite: TASK_QUEUE.sqlite,
  postgres: [...TASK_QUEUE.postgres, ...CLAIM_TASK, ...FIRST_TASKS],
} as const;
