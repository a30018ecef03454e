/** The library. `sessiondb/testing` holds the conformance suite for people who write a backend. */
export type { Agent } from "../projections/collab-agents.js";
export type { Artifact } from "../projections/collab-artifacts.js";
export type { ConversationChunk } from "../projections/collab-chunks.js";
export type { AgentStatus, ChunkFormat, CollabStatus, MemoryType, TaskStatus } from "../projections/collab-events.js";
export type { Memory } from "../projections/collab-memories.js";
export type { CollabSession } from "../projections/collab-sessions.js";
export type { Task } from "../projections/collab-tasks.js";
export type { JsonObject, PatchOp } from "../projections/json-patch.js";
export type { Mark } from "../projections/marks.js";
export type { FoldEvent, Projection, ProjectionField } from "../projections/projection.js";
export { defineProjection } from "../projections/projection.js";
export type { PrState, SessionRecord, StoredRecord } from "../projections/session-record.js";
export type { SessionDocument } from "../projections/sessions.js";
export type { StoreSettings } from "../projections/store-settings.js";
export type { WebSessionDocument } from "../projections/web-sessions.js";
export { registerBackend } from "./backends/backends.js";
export type { OpenBackend } from "./backends/log-backend.js";
export type { AgentFilter, AgentInput, Agents } from "./collab/agents.js";
export type { ArtifactFilter, ArtifactInput, Artifacts } from "./collab/artifacts.js";
export type { CollabAsOf, CollabNote, CollabOptions } from "./collab/collab-log.js";
export type { CollabPage, CollabTimes } from "./collab/collab-page.js";
export type { CollabSessionFilter, CollabSessionInput, CollabSessions } from "./collab/collab-sessions.js";
export { CollaborativeSessions } from "./collab/collaborative-sessions.js";
export type { ChunkFilter, ChunkInput, Conversations } from "./collab/conversations.js";
export type { CollabExport } from "./collab/export-files.js";
export { exportCollabFiles } from "./collab/export-files.js";
export { importCollab } from "./collab/import-collab.js";
export type { Memories, MemoryFilter, MemoryInput } from "./collab/memories.js";
export type {
  CollabHit,
  CollabHitAsIs,
  CollabHits,
  CollabHitsAsIs,
  CollabSearchOptions,
  SearchKind,
} from "./collab/search.js";
export type { ClaimOptions } from "./collab/task-claims.js";
export type { TaskEnd, TaskInput } from "./collab/task-input.js";
export type { LeaseOptions, TaskFilter, TaskQueue } from "./collab/task-queue.js";
export type { StoreDecision } from "./config/decide-store.js";
export { decideStore } from "./config/decide-store.js";
export type { DescribedSetting } from "./config/describe-config.js";
export { describeConfig } from "./config/describe-config.js";
export type { ConfigContext, ConfigValue } from "./config/layers.js";
export { Config, loadConfig } from "./config/layers.js";
export type { Candidate as ConfigCandidate } from "./config/resolve-value.js";
export type { ConfigSource, Layer } from "./config/source.js";
export type { StoreSwitch } from "./config/switch-store.js";
export { storeFile, switchBack, switchStore } from "./config/switch-store.js";
export type { ConfigSwitchPlan } from "./cross-database/config-switch.js";
export { CrossDatabaseMigrator } from "./cross-database/cross-database-migrator.js";
export { MigrationAdapter } from "./cross-database/migration-adapter.js";
export type {
  Compatibility,
  EndsBackup,
  ExecuteRequest,
  MigratorOptions,
  PlanRequest,
  Restored,
  RestoreRequest,
  RollbackRequest,
} from "./cross-database/migrator-requests.js";
export type { StoreName } from "./cross-database/store-address.js";
export type { Erased, EraseOptions } from "./erasure/erase.js";
export { erase } from "./erasure/erase.js";
export type { ErasureTarget } from "./erasure/erasure-target.js";
export type { ErasurePlan, ShownErasure } from "./erasure/plan-erasure.js";
export { planErasure } from "./erasure/plan-erasure.js";
export type { ErrorCategory } from "./error-category.js";
export { errorCategory } from "./error-category.js";
export {
  AppendOutcomeUnknownError,
  ArchivedError,
  ChainBreakError,
  ClosedError,
  ConflictError,
  DivergedError,
  EventIdReusedError,
  ForkedError,
  GitError,
  IntegrityError,
  InvalidEventError,
  MovedError,
  NotFoundError,
  RefusedError,
  RuleError,
  SessionDbError,
  StoppedError,
  StorageError,
  TailMovedError,
  UnavailableError,
  UsageError,
} from "./errors.js";
export type { SqlDialect } from "./export/sql.js";
export type { CollabKind, CollabRecord } from "./import/collab-record.js";
export { readMinskyJson } from "./import/minsky-json.js";
export type { MinskySource } from "./import/minsky-source.js";
export type { ForeignRecord, ImportNote, ImportReport } from "./import/report.js";
export type { WebSessionReadOptions, WebSessionRecord } from "./import/web-session.js";
export type { ArchiveOptions, ArchiveState } from "./inspect/archive-log.js";
export { archiveBefore, archiveStates, restoreArchive } from "./inspect/archive-log.js";
export type { ArchivePlan } from "./inspect/archive-plan.js";
export { planArchive } from "./inspect/archive-plan.js";
export type { AuditEntry, AuditOptions, AuditSummary } from "./inspect/audit.js";
export { audit } from "./inspect/audit.js";
export type { AuditGroup, AuditGroups, GroupBy } from "./inspect/audit-groups.js";
export { auditGroups } from "./inspect/audit-groups.js";
export type { BisectOptions, BisectResult, BisectState, Verdict } from "./inspect/bisect.js";
export { bisect } from "./inspect/bisect.js";
export type { BlameEntry, BlameOptions } from "./inspect/blame.js";
export { blame } from "./inspect/blame.js";
export type { ChainPlace } from "./inspect/chain-place.js";
export type { Change } from "./inspect/changes.js";
export { changesBetween } from "./inspect/changes.js";
export type { CheckProofOptions } from "./inspect/check-proof.js";
export { checkProof } from "./inspect/check-proof.js";
export type { CollabChange, CollabChanges } from "./inspect/collab-changes.js";
export { collabChanges } from "./inspect/collab-changes.js";
export type { CollabContent } from "./inspect/collab-content.js";
export { collabContent } from "./inspect/collab-content.js";
export type { CollabHistoryEntry, CollabHistoryOptions } from "./inspect/collab-history.js";
export { collabHistory } from "./inspect/collab-history.js";
export type { CollabOverview, CollabOverviewOptions } from "./inspect/collab-overview.js";
export { collabOverview } from "./inspect/collab-overview.js";
export { refreshCollab } from "./inspect/collab-refresh.js";
export type { CollabSummary } from "./inspect/collab-summary.js";
export { collabSummary } from "./inspect/collab-summary.js";
export type { ConversationPageOptions } from "./inspect/conversation-page.js";
export { conversationPage } from "./inspect/conversation-page.js";
export type { DiffChange, DiffOptions, DiffSide, SessionDiff } from "./inspect/diff.js";
export { diff, jsonPatchOf } from "./inspect/diff.js";
export type { Diagnosis, Fixed } from "./inspect/doctor/diagnose.js";
export { diagnose, fixAll } from "./inspect/doctor/diagnose.js";
export type { Finding, Mend, Seen, Severity } from "./inspect/doctor/finding.js";
export type { Patient, PatientOptions } from "./inspect/doctor/patient.js";
export type { EventProof } from "./inspect/event-at.js";
export { eventAt } from "./inspect/event-at.js";
export type { EventFilter } from "./inspect/event-filter.js";
export type { EventItem } from "./inspect/event-item.js";
export { eventItem } from "./inspect/event-item.js";
export type { EventRow } from "./inspect/event-rows.js";
export { eventRows } from "./inspect/event-rows.js";
export type { ExportedEvents } from "./inspect/export-events.js";
export { exportEvents } from "./inspect/export-events.js";
export type { FirstSessions, FirstSessionsQuery } from "./inspect/first-sessions.js";
export { firstSessions } from "./inspect/first-sessions.js";
export type { Growth } from "./inspect/growth.js";
export type { ListEventsOptions } from "./inspect/list-events.js";
export { listEvents } from "./inspect/list-events.js";
export type { LogHealth, LogHealthOptions } from "./inspect/log-health.js";
export { logHealth } from "./inspect/log-health.js";
export type { Amount, AmountOf, AmountOfDay, AmountsBy, LogStats, LogStatsOptions } from "./inspect/log-stats.js";
export { logStats } from "./inspect/log-stats.js";
export { listMarks } from "./inspect/marks.js";
export { mergePatchBetween } from "./inspect/merge-patch.js";
export { logPartitions, partitionLog } from "./inspect/partition-log.js";
export type { PastCollabSession, PastPage, PastPageOptions } from "./inspect/past-collab.js";
export { PastCollab } from "./inspect/past-collab.js";
export type { PastArtifact, PastChunk, PastCollabState, PastMemory, PastTask } from "./inspect/past-collab-shapes.js";
export type { ListedSession, PastSession, PastSessions } from "./inspect/past-states.js";
export { PastStates } from "./inspect/past-states.js";
export type { PathChange, PathHistory } from "./inspect/path-history.js";
export { pathHistory } from "./inspect/path-history.js";
export type { Point, PointContext, PointLike } from "./inspect/point.js";
export { resolvePoint } from "./inspect/point.js";
export type { ProjectionCheck, ProjectionState } from "./inspect/projections.js";
export { checkProjections, projectionStates, rebuildProjections } from "./inspect/projections.js";
export type { ProofReport } from "./inspect/proof-check.js";
export type { ProofHeader } from "./inspect/proof-lines.js";
export type { FoundEvent, FoundEvents, SearchEventsOptions } from "./inspect/search-events.js";
export { searchEvents } from "./inspect/search-events.js";
export type { SearchSessionsOptions } from "./inspect/search-sessions.js";
export { searchSessions } from "./inspect/search-sessions.js";
export type { SessionLogEntry, SessionLogOptions } from "./inspect/session-log.js";
export { sessionLog } from "./inspect/session-log.js";
export type { SignOptions } from "./inspect/sign-tail.js";
export { signTail } from "./inspect/sign-tail.js";
export { readSignatures } from "./inspect/signature-file.js";
export type { SignedTails } from "./inspect/signed-tails.js";
export { signedTails } from "./inspect/signed-tails.js";
export type { CreatedKey, SigningKey } from "./inspect/signing-key.js";
export { createSigningKey, readPrivateKey, readPublicKey } from "./inspect/signing-key.js";
export { stateAt } from "./inspect/state-at.js";
export { type StoreSizes, storeSizes } from "./inspect/store-sizes.js";
export type { TailSignature } from "./inspect/tail-signature.js";
export { encodeSignature } from "./inspect/tail-signature.js";
export type { ActorTypes, MatrixCell, MatrixSide } from "./inspect/timeline/actor-types.js";
export { actorTypes } from "./inspect/timeline/actor-types.js";
export type { ChainStatus } from "./inspect/timeline/chain-watch.js";
export { ChainWatch } from "./inspect/timeline/chain-watch.js";
export type { TimelineFilter } from "./inspect/timeline/column-matcher.js";
export type { Density, DensityBucket, DensityOptions } from "./inspect/timeline/density.js";
export { density } from "./inspect/timeline/density.js";
export { EventColumns } from "./inspect/timeline/event-columns.js";
export type { Facets, FacetValue } from "./inspect/timeline/facets.js";
export { facets } from "./inspect/timeline/facets.js";
export type { Heat, HeatCell, HeatOptions, HeatRow } from "./inspect/timeline/heat.js";
export { heat } from "./inspect/timeline/heat.js";
export type { Lane, LaneCell, Lanes, LanesOptions } from "./inspect/timeline/lanes.js";
export { lanes } from "./inspect/timeline/lanes.js";
export { LogIndex } from "./inspect/timeline/log-index.js";
export type { LogTrouble } from "./inspect/timeline/log-trouble.js";
export type { AroundOptions, MatchingOffsets } from "./inspect/timeline/matching-offsets.js";
export { matchingOffsets, offsetsAround } from "./inspect/timeline/matching-offsets.js";
export type { OffsetSpan } from "./inspect/timeline/offset-span.js";
export { PathPlaces } from "./inspect/timeline/path-places.js";
export { PlacesIndex } from "./inspect/timeline/places-index.js";
export type { SessionRow, SessionRows, SessionRowsOptions } from "./inspect/timeline/session-rows.js";
export { sessionRows } from "./inspect/timeline/session-rows.js";
export type { SizeOfDay, SizeOfType, Sizes } from "./inspect/timeline/sizes.js";
export { sizes } from "./inspect/timeline/sizes.js";
export type { WakeUp } from "./inspect/timeline/wake-ups.js";
export type { SignedReport } from "./inspect/verify-signed.js";
export { verifySigned } from "./inspect/verify-signed.js";
export type {
  SignedInUser,
  WebListQuestion,
  WebQuestion,
  WebSessionInfo,
  WebSessionList,
} from "./inspect/web-sessions.js";
export { countWebSessions, findWebSession, listWebSessions, signedInUsers } from "./inspect/web-sessions.js";
export type { ImaginedValue, WhatIf, WhatIfOptions } from "./inspect/what-if.js";
export { whatIf } from "./inspect/what-if.js";
export type { WriteProofOptions, WrittenProof } from "./inspect/write-proof.js";
export { writeProof } from "./inspect/write-proof.js";
export type { ArchiveEntry } from "./log/archives.js";
export type { Json } from "./log/canonical.js";
export type { EventMeta, NewEvent, SealedFields } from "./log/event.js";
export { SealedEvent } from "./log/event.js";
export type {
  AppendResult,
  Capabilities,
  EventLog,
  LastOptions,
  OffsetRange,
  ReadPlace,
  RedactRequest,
  RedactResult,
  VersionRange,
} from "./log/event-log.js";
export type { ExpectedVersion } from "./log/expected-version.js";
export type { KeyStore, SessionKey } from "./log/key-store.js";
export type { LogFacts, Logger } from "./log/logger.js";
export type { LogNotice, OpenLogOptions } from "./log/open-log-options.js";
export type { LogPartition, PartitionPlan, PartitionRequest, PartitionState } from "./log/partitions.js";
export type { PostgresRoles } from "./log/postgres-roles.js";
export { postgresRoles, postgresRolesSql } from "./log/postgres-roles.js";
export type { AppendOptions, Entropy, StreamAppend } from "./log/prepare.js";
export type { ReadModelTables } from "./log/read-model-tables.js";
export type { Tail } from "./log/seal.js";
export type { Sidecar } from "./log/sidecar.js";
export type { CompareOptions, LogComparison } from "./migrate/compare-logs.js";
export type { CopyOptions, CopyProgress, CopyReport } from "./migrate/copy-log.js";
export { copyLog } from "./migrate/copy-log.js";
export type { EventFileFacts } from "./migrate/event-file.js";
export type { MigrationProgress, OnConflict } from "./migrate/execute-options.js";
export type { JournalList } from "./migrate/journal.js";
export { MigrationJournal } from "./migrate/journal.js";
export type { CutEvents, JournalEntry } from "./migrate/journal-entry.js";
export type { Divergence, MigrationPlan, Obstacle, ShownEvent, StreamConflict } from "./migrate/migration-plan.js";
export type { MigrationReport } from "./migrate/migration-report.js";
export type { RollbackPlan } from "./migrate/plan-rollback.js";
export type { Rebased } from "./migrate/rebase.js";
export type { Relation } from "./migrate/relation.js";
export { relate } from "./migrate/relation.js";
export type { RestorePlan } from "./migrate/restore-file.js";
export type { RollbackReport } from "./migrate/roll-back.js";
export type { ForeignRead } from "./open-foreign.js";
export {
  readAiWebhook,
  readAiWebhookPostgres,
  readConnectPgSimple,
  readMinskyPostgres,
  readMinskySqlite,
  readTowerSessions,
} from "./open-foreign.js";
export { keyStoreUrlOf, openKeyStore } from "./open-key-store.js";
export { openLog } from "./open-log.js";
export type { OutboxLogOptions } from "./outbox/outbox-log.js";
export { OutboxLog } from "./outbox/outbox-log.js";
export type { OutboxEvent, OutboxItem, OutboxReport } from "./outbox/outbox-report.js";
export { dropFromOutbox, outboxReport } from "./outbox/outbox-report.js";
export type { Replayed } from "./outbox/replay-queue.js";
export type { Staleness } from "./outbox/staleness.js";
export type { Comparison, OrderBy, Page, Query } from "./query/query.js";
export type { ReadModelShape } from "./query/shape.js";
export type { Snippet } from "./query/snippet.js";
export type { FoldedAt } from "./replay/catch-up.js";
export type { FoldedTo } from "./replay/fold-log.js";
export type { StreamState } from "./replay/fold-stream.js";
export type { Followed, FollowOptions } from "./replay/follow.js";
export { follow } from "./replay/follow.js";
export { MemorySnapshots } from "./replay/memory-snapshots.js";
export { ProjectionStopped } from "./replay/projection-stopped.js";
export type {
  ModelCheck,
  ModelDifference,
  PagesAsIs,
  SearchHit,
  SearchPage,
  StoredState,
} from "./replay/read-model/model-engine.js";
export { ReadModel } from "./replay/read-model/read-model.js";
export type { SetBy } from "./replay/record-steps.js";
export type { SubscribeOptions } from "./replay/subscribe.js";
export { subscribe } from "./replay/subscribe.js";
export type { VerifyOptions, VerifyReport } from "./replay/verify-log.js";
export { verifyLog } from "./replay/verify-log.js";
export type { AsOf } from "./session/as-of.js";
export type { ChangeOptions } from "./session/change-options.js";
export type { ChangesOf } from "./session/changes-of.js";
export type { ConfiguredStore } from "./session/configured-store.js";
export { configuredStore } from "./session/configured-store.js";
export type { SessionProviderOptions } from "./session/create-session-provider.js";
export { createSessionProvider } from "./session/create-session-provider.js";
export { createStorageBackend } from "./session/create-storage-backend.js";
export type {
  DatabaseQueryOptions,
  DatabaseReadResult,
  DatabaseStorage,
  DatabaseWriteResult,
  SessionDbState,
  WriteOptions,
} from "./session/database-storage.js";
export { defaultActor } from "./session/default-actor.js";
export type { ExportFormat, ExportOptions, ExportReport } from "./session/export-sessions.js";
export { exportSessions } from "./session/export-sessions.js";
export type { ForkOptions } from "./session/fork-session.js";
export { forkSession } from "./session/fork-session.js";
export type { ImportOptions } from "./session/import-records.js";
export { importRecords } from "./session/import-records.js";
export type { MirrorOptions } from "./session/mirror-sessions.js";
export { mirrorSessions } from "./session/mirror-sessions.js";
export type { OpenStoreOptions } from "./session/open-store.js";
export { OpenedStore, openStore } from "./session/open-store.js";
export type { RevertConflict, RevertPlan, RevertTarget } from "./session/plan-revert.js";
export type { SessionUndo } from "./session/plan-undo.js";
export type { Reverted, RevertOptions } from "./session/revert-session.js";
export { previewRevert, revertSession } from "./session/revert-session.js";
export { SessionDbAdapter } from "./session/session-db-adapter.js";
export type {
  AtOptions,
  ChangeResult,
  PastStore,
  SessionList,
  SessionStoreOptions,
} from "./session/session-store.js";
export { SessionStore } from "./session/session-store.js";
export type { MarkOptions, SetMarkOptions } from "./session/set-mark.js";
export { removeMark, setMark } from "./session/set-mark.js";
export type { SessionDatabaseStorage } from "./session/storage-backend-factory.js";
export { StorageBackendFactory } from "./session/storage-backend-factory.js";
export type { StorageConfig } from "./session/storage-config.js";
export type { Undone, UndoOptions } from "./session/undo.js";
export { redo, undo } from "./session/undo.js";
export { destroyAllSessions, destroySessionsOfUser, expireSessions } from "./web-session/ending-sessions.js";
export type { WebImportOptions, WebImportReport } from "./web-session/import-web-sessions.js";
export { importWebSessions } from "./web-session/import-web-sessions.js";
export type { OpenWebSessionsOptions, PoolOptions } from "./web-session/open-web-sessions.js";
export { openWebSessions } from "./web-session/open-web-sessions.js";
export type { WebSessionOptions } from "./web-session/web-session-options.js";
export { WebSessionStore } from "./web-session/web-session-store.js";
export type { Approved } from "./workspace/approve-session.js";
export { approveSession } from "./workspace/approve-session.js";
export type { DeletedWorkspace, DeleteWorkspaceOptions } from "./workspace/delete-session.js";
export { deleteWithWorkspace } from "./workspace/delete-session.js";
export type { GitAnswer } from "./workspace/git-runner.js";
export { GitRunner } from "./workspace/git-runner.js";
export type { KnownPr } from "./workspace/known-prs.js";
export { knownPrs } from "./workspace/known-prs.js";
export type { PrCreateOptions } from "./workspace/pr-create.js";
export { createPr } from "./workspace/pr-create.js";
export type { Merged, PrMergeOptions } from "./workspace/pr-merge.js";
export { mergePr } from "./workspace/pr-merge.js";
export type { PrStateOptions, PrStatus } from "./workspace/pr-state.js";
export { prStatus } from "./workspace/pr-state.js";
export type { RepairReport, WorkspaceFinding } from "./workspace/repair-workspaces.js";
export { repairWorkspaces } from "./workspace/repair-workspaces.js";
export type { RepositoryAddress } from "./workspace/repository-address.js";
export { parseRepository } from "./workspace/repository-address.js";
export type { SessionHealth } from "./workspace/session-health.js";
export { sessionHealth } from "./workspace/session-health.js";
export type { StartRequest, WorkspaceTools } from "./workspace/start-session.js";
export { startSession } from "./workspace/start-session.js";
export type { FoundWorkspace } from "./workspace/workspace-folders.js";
export { WorkspaceFolders } from "./workspace/workspace-folders.js";
