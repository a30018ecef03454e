/*
 * Stands between a program and the C library (LD_PRELOAD), for the files below FAULT_ROOT:
 *   - lets the k-th call of a kind fail, be short, or be the last thing that the process does;
 *   - writes every change of a file, and every sync, to FAULT_LOG, from which a loss of power is simulated.
 *
 * The program gives orders by opening a path below /fault-control/, which is never there:
 *   /fault-control/plan/KIND:K:MODE    KIND: write sync truncate rename create remove; MODE: see enum mode
 *   /fault-control/plan/none           nothing fails any more
 *   /fault-control/ack/TEXT            TEXT was acknowledged at this moment: a record of the log
 * A plan fails with ENOENT while it has not struck, and with EEXIST where the plan that it replaces has.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))
#define CONTROL "/fault-control/"

/* EIO, ENOSPC, EDQUOT: once, nothing done. HALF_EIO: half of a write is done. SHORT: half, and no error. FULL: from then on
 * everything that needs room fails, the first write after half. KILL: before the call; HALF_KILL: after half of a write;
 * AFTER_KILL: after the call. */
enum mode { NONE, EIO_ONCE, ENOSPC_ONCE, HALF_EIO, SHORT_ONCE, FULL, KILL, HALF_KILL, AFTER_KILL, EDQUOT_ONCE };
static const char *MODES[] = {"none", "EIO", "ENOSPC", "half-EIO", "short", "full", "kill", "half-kill", "after-kill", "EDQUOT"};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char plan_kind[16];
static long plan_k;
static enum mode plan_mode = NONE;
static int struck;
static int log_fd = -2;

static void *real(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

static int is_ours(const char *path) {
  const char *root = getenv("FAULT_ROOT");
  if (root == NULL || path == NULL) return 0;
  size_t length = strlen(root);
  if (strncmp(path, root, length) != 0) return 0;
  size_t whole = strlen(path);
  /* The memory of SQLite's processes; and what has no name any more. */
  if (whole > 4 && strcmp(path + whole - 4, "-shm") == 0) return 0;
  return !(whole > 10 && strcmp(path + whole - 10, " (deleted)") == 0);
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_ours(path);
}

static void set_plan(const char *text) {
  char mode[16] = "";
  plan_k = 0;
  plan_mode = NONE;
  if (sscanf(text, "%15[^:]:%ld:%15s", plan_kind, &plan_k, mode) != 3) return;
  for (int i = 0; i <= EDQUOT_ONCE; i++)
    if (strcmp(MODES[i], mode) == 0) plan_mode = i;
}

static void read_first_plan(void) {
  static int done;
  if (done) return;
  done = 1;
  const char *plan = getenv("FAULT_PLAN");
  if (plan != NULL) set_plan(plan);
}

/* What shall happen to this call. */
static enum mode due(const char *kind) {
  read_first_plan();
  if (plan_mode == FULL && struck)
    return strcmp(kind, "write") == 0 || strcmp(kind, "create") == 0 ? ENOSPC_ONCE : NONE;
  if (plan_mode == NONE || strcmp(kind, plan_kind) != 0 || --plan_k != 0) return NONE;
  struck = 1;
  return plan_mode;
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

struct record { uint32_t kind, path_length, data_length, unused; uint64_t position; };

static void record(char kind, const char *path, uint64_t position, const void *data, size_t length) {
  if (log_fd < 0) return;
  struct record head = {(uint32_t)kind, (uint32_t)strlen(path), (uint32_t)length, 0, position};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path_length}, {(void *)data, length}};
  if (REAL(writev)(log_fd, parts, 3) != (ssize_t)(sizeof head + head.path_length + length)) abort();
}

/* One call at a time, in this process and the others, so that the log has the order in which things happened. */
static void enter(void) {
  pthread_mutex_lock(&mutex);
  if (log_fd == -2) {
    const char *log = getenv("FAULT_LOG");
    log_fd = log == NULL ? -1 : REAL(open64)(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  }
  if (log_fd >= 0) flock(log_fd, LOCK_EX);
}

static void leave(void) {
  int kept = errno;
  if (log_fd >= 0) flock(log_fd, LOCK_UN);
  pthread_mutex_unlock(&mutex);
  errno = kept;
}

static int failed(int error) { errno = error; return -1; }

static ssize_t write_at(int fd, const char *path, const void *data, size_t length, off64_t at) {
  enum mode mode = due("write");
  if (mode == EIO_ONCE) return failed(EIO);
  if (mode == ENOSPC_ONCE) return failed(ENOSPC);
  if (mode == EDQUOT_ONCE) return failed(EDQUOT);
  if (mode == KILL) die();
  int halved = mode == HALF_EIO || mode == SHORT_ONCE || mode == FULL || mode == HALF_KILL;
  ssize_t done = REAL(pwrite64)(fd, data, halved ? (length + 1) / 2 : length, at);
  if (done > 0) record('W', path, at, data, done);
  if (mode == HALF_KILL || mode == AFTER_KILL) die();
  return mode == HALF_EIO ? failed(EIO) : done;
}

/* Where a write without a position goes. */
static off64_t place_of(int fd) {
  int flags = fcntl(fd, F_GETFL);
  struct stat64 stat;
  if (flags >= 0 && (flags & O_APPEND) && fstat64(fd, &stat) == 0) return stat.st_size;
  return lseek64(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *data, size_t length) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return REAL(write)(fd, data, length);
  enter();
  off64_t at = place_of(fd);
  ssize_t done = write_at(fd, path, data, length, at);
  if (done > 0) lseek64(fd, at + done, SEEK_SET);
  leave();
  return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return REAL(pwrite64)(fd, data, length, at);
  enter();
  ssize_t done = write_at(fd, path, data, length, at);
  leave();
  return done;
}

/* Only the first part is written: a short write, which every caller has to expect. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return REAL(writev)(fd, parts, count);
  return count == 0 ? 0 : write(fd, parts[0].iov_base, parts[0].iov_len);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return REAL(pwritev64)(fd, parts, count, at);
  return count == 0 ? 0 : pwrite64(fd, parts[0].iov_base, parts[0].iov_len, at);
}

/* @returns whether the call is to be made; else errno says why not */
static int allowed(enum mode mode) {
  if (mode == KILL || mode == HALF_KILL) die();
  if (mode == NONE || mode == SHORT_ONCE || mode == AFTER_KILL) return 1;
  errno = mode == ENOSPC_ONCE || mode == FULL ? ENOSPC : mode == EDQUOT_ONCE ? EDQUOT : EIO;
  return 0;
}

static int synced(int fd, const char *path, int (*sync)(int)) {
  enter();
  enum mode mode = due("sync");
  int result = allowed(mode) ? sync(fd) : -1;
  if (result == 0) record('S', path, 0, "", 0);
  if (mode == AFTER_KILL) die();
  leave();
  return result;
}

int fsync(int fd) {
  char path[PATH_MAX];
  return path_of(fd, path) ? synced(fd, path, REAL(fsync)) : REAL(fsync)(fd);
}

int fdatasync(int fd) {
  char path[PATH_MAX];
  return path_of(fd, path) ? synced(fd, path, REAL(fdatasync)) : REAL(fdatasync)(fd);
}

int ftruncate64(int fd, off64_t size) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return REAL(ftruncate64)(fd, size);
  enter();
  enum mode mode = due("truncate");
  int result = allowed(mode) ? REAL(ftruncate64)(fd, size) : -1;
  if (result == 0) record('T', path, size, "", 0);
  if (mode == AFTER_KILL) die();
  leave();
  return result;
}

static int named(const char *kind, char letter, const char *from, const char *to, int (*act)(const char *, const char *)) {
  enter();
  enum mode mode = due(kind);
  int result = allowed(mode) ? act(from, to) : -1;
  if (result == 0) record(letter, from, 0, to, strlen(to));
  if (mode == AFTER_KILL) die();
  leave();
  return result;
}

int rename(const char *from, const char *to) {
  return is_ours(to) ? named("rename", 'R', from, to, REAL(rename)) : REAL(rename)(from, to);
}

int link(const char *from, const char *to) {
  return is_ours(to) ? named("rename", 'L', from, to, REAL(link)) : REAL(link)(from, to);
}

int unlink(const char *path) {
  if (!is_ours(path)) return REAL(unlink)(path);
  enter();
  enum mode mode = due("remove");
  int result = allowed(mode) ? REAL(unlink)(path) : -1;
  if (result == 0) record('U', path, 0, "", 0);
  if (mode == AFTER_KILL) die();
  leave();
  return result;
}

static int control(const char *order) {
  enter();
  int replaced = struck;
  if (strncmp(order, "plan/", 5) == 0) {
    struck = 0;
    set_plan(order + 5);
  } else if (strncmp(order, "ack/", 4) == 0) {
    replaced = 0;
    record('A', "", 0, order + 4, strlen(order + 4));
  }
  leave();
  return failed(replaced ? EEXIST : ENOENT);
}

int open64(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  if (strncmp(path, CONTROL, strlen(CONTROL)) == 0) return control(path + strlen(CONTROL));
  if (!is_ours(path) || !(flags & (O_CREAT | O_TRUNC))) return REAL(open64)(path, flags, mode);
  enter();
  int is_new = access(path, F_OK) != 0;
  enum mode planned = is_new ? due("create") : NONE;
  int fd = allowed(planned) ? REAL(open64)(path, flags, mode) : -1;
  if (fd >= 0 && is_new) record('C', path, 0, "", 0);
  if (fd >= 0 && !is_new && (flags & O_TRUNC)) record('T', path, 0, "", 0);
  if (planned == AFTER_KILL) die();
  leave();
  return fd;
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open64(path, flags, mode);
}
