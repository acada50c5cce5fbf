/*
 * Every change of a device, cut off at every point where it writes: the process killed, the step failing, the file not
 * to grow, the disk full. After each the device must be what the saves that got through have made it, whole and
 * usable, with every try of a PIN spent that was spent.
 *
 * Usage: softtoken_faults kill | full-disk FOLDER | share. full-disk works in a folder on a small disk of its own.
 * Prints a line for each operation and, last, "N operations, N points, N trials, N losses". The exit code is 0 when
 * nothing was lost.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "softtoken_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "softtoken/store.h"
#include "softtoken_faults.h"

enum { STATE_ROOM = 65536, MOST_SAVES = 8, MOST_POINTS = 64, TRIAL_SECONDS = 60 };

enum ending { TO_THE_END, KILLED, FAILING, FILE_LIMIT, DISK_FULL };

/* What a trial is told, and what it tells before it ends. */
typedef struct trial {
    enum ending ending;
    unsigned at; /* KILLED, FAILING: the point; FILE_LIMIT: bytes; DISK_FULL: pages left */
    int error;   /* FAILING */
    unsigned points, renames;
    int kinds[MOST_POINTS]; /* of the points passed */
    int prepared;           /* the operation was begun */
    int status;             /* what it answered; -1: it did not */
    view seen;              /* FAILING: what the same process sees then */
} trial;

static trial *now; /* shared with the child */
static uint8_t base_token[STATE_ROOM], base_key[32];
static size_t base_len;

/* ---- one trial -------------------------------------------------------------------------- */

static int at_point(int point) {
    unsigned index = now->points++;
    if (index < MOST_POINTS) {
        now->kinds[index] = point;
    }
    now->renames += point == ST_FAULT_SYNC_FOLDER;
    if (index == now->at && now->ending == KILLED) {
        (void)raise(SIGKILL);
    }
    return index == now->at && now->ending == FAILING ? now->error : 0;
}

static void limit_files(rlim_t bytes) {
    struct rlimit limit = {bytes, RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
}

/* Fill the disk but for some pages. */
static void fill_disk(unsigned pages) {
    static const uint8_t zeros[4096];
    int file = open(device_file(".", "filler"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    off_t len = 0;
    while (file >= 0 && write(file, zeros, sizeof zeros) == (ssize_t)sizeof zeros) {
        len += (off_t)sizeof zeros;
    }
    len -= (off_t)pages * (off_t)sizeof zeros;
    (void)!ftruncate(file, len > 0 ? len : 0);
    (void)close(file);
}

static void run_in_child(const operation *what) {
    fault_target on;
    alarm(TRIAL_SECONDS);
    if (!prepare(what, &on)) {
        _exit(1);
    }
    now->prepared = 1;
    if (now->ending == FILE_LIMIT) {
        limit_files(now->at);
    }
    if (now->ending == DISK_FULL) {
        fill_disk(now->at);
    }
    st_fault_hook = at_point;
    now->status = (int)what->run(&on);
    st_fault_hook = NULL;
    if (now->ending == DISK_FULL) {
        (void)unlink(device_file(".", "filler"));
    }
    limit_files(RLIM_INFINITY);
    if (now->ending == FAILING) {
        look(&now->seen);
    }
    st_device_close(on.device);
    _exit(0);
}

static int in_child(void (*work)(const operation *), const operation *what) {
    int status = -1;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        work(what);
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

static void look_in_child(const operation *what) {
    (void)what;
    alarm(TRIAL_SECONDS);
    look(&now->seen);
    _exit(0);
}

/* What an operation leaves is whole: what was not there can be made, and the label set, by whoever comes next. */
static void use_in_child(const operation *what) {
    char serial[ST_SERIAL_MAX + 1];
    st_device *device = NULL;
    alarm(TRIAL_SECONDS);
    if ((what->needs & NEEDS_NOTHING_THERE) != 0) {
        enum st_status status = st_device_create(NULL, FAULT_SETTINGS, serial);
        if (status != ST_OK && status != ST_ERR_ARGUMENT) {
            _exit(1);
        }
    }
    int good = st_device_open(FAULT_SERIAL, &device) == ST_OK && st_device_set_label(device, "used") == ST_OK;
    st_device_close(device);
    _exit(good ? 0 : 1);
}

/* Put the device back, run the operation in a child of its own, and look at what it left. 1 when all that ended well.
 */
static int run_trial(const operation *what, enum ending ending, unsigned at, int error) {
    memset(now, 0, sizeof *now);
    now->ending = ending;
    now->at = at;
    now->error = error;
    now->status = -1;
    remove_tree(device_file(FAULT_SERIAL, ""));
    if ((what->needs & NEEDS_NOTHING_THERE) == 0 &&
        (mkdir(device_file(FAULT_SERIAL, ""), 0700) != 0 ||
         write_test_file(device_file(FAULT_SERIAL, "token.key"), base_key, sizeof base_key) != 0 ||
         write_test_file(device_file(FAULT_SERIAL, "token"), base_token, base_len) != 0)) {
        return 0;
    }
    int status = in_child(run_in_child, what);
    int ended = ending == KILLED ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL : status == 0;
    if (!ended || !now->prepared) {
        return 0;
    }
    return (ending == FAILING || in_child(look_in_child, what) == 0) && in_child(use_in_child, what) == 0;
}

/* ---- one operation ---------------------------------------------------------------------- */

/* What is known of an operation after it was run to its end, and killed after each of its saves. */
typedef struct expectation {
    unsigned points, saves;
    int status;
    int kinds[MOST_POINTS];
    view *views; /* after 0 .. saves saves */
} expectation;

static int same_view(const view *a, const view *b) {
    return strcmp(a->text, b->text) == 0 && a->tries[0] == b->tries[0] && a->tries[1] == b->tries[1];
}

static unsigned complain(const operation *what, const char *problem) {
    printf("%s, %s %u: %s (status %d, saves %u)\n", what->name,
           now->ending == KILLED       ? "killed at"
           : now->ending == FAILING    ? "failing at"
           : now->ending == FILE_LIMIT ? "files up to"
           : now->ending == DISK_FULL  ? "pages left"
                                       : "to the end",
           now->at, problem, now->status, now->renames);
    return 1;
}

/* Learn what the device is after each save; the losses seen on the way. */
static unsigned learn(const operation *what, expectation *expected) {
    if (!run_trial(what, TO_THE_END, 0, 0) || now->renames > MOST_SAVES || now->points > MOST_POINTS ||
        now->renames == 0) {
        return complain(what, "could not be run");
    }
    view end = now->seen;
    expected->points = now->points;
    expected->saves = now->renames;
    expected->status = now->status;
    memcpy(expected->kinds, now->kinds, sizeof expected->kinds);
    if (!run_trial(what, KILLED, 0, 0)) {
        return complain(what, "could not be killed at once");
    }
    expected->views[0] = now->seen;
    for (unsigned i = 0; i < expected->points; i++) {
        if (expected->kinds[i] != ST_FAULT_DONE) {
            continue;
        }
        if (!run_trial(what, KILLED, i, 0) || now->renames > expected->saves) {
            return complain(what, "could not be killed after a save");
        }
        expected->views[now->renames] = now->seen;
    }
    if (!same_view(&end, &expected->views[expected->saves])) {
        return complain(what, "is not what it is when killed after its last save");
    }
    int role = what->spends;
    if (role >= 0 && expected->views[1].tries[role] != expected->views[0].tries[role] - 1) {
        return complain(what, "does not spend a try first");
    }
    return 0;
}

static unsigned judge(const operation *what, const expectation *expected, int good) {
    if (!good) {
        return complain(what, "did not end as it should, or left what cannot be used");
    }
    if (now->renames > expected->saves || !same_view(&now->seen, &expected->views[now->renames])) {
        return complain(what, "left another state");
    }
    if (now->ending == KILLED) {
        return 0;
    }
    /* It may answer what it answers when nothing fails only when it wrote all there was to write. */
    int whole = now->status == expected->status && now->renames == expected->saves;
    return whole || now->status == ST_ERR_WRITE ? 0 : complain(what, "answered something else");
}

static unsigned kill_and_fail(const operation *what, const expectation *expected, unsigned *trials) {
    unsigned losses = 0;
    for (unsigned at = 0; at < expected->points; at++) {
        losses += judge(what, expected, run_trial(what, KILLED, at, 0));
        losses +=
            judge(what, expected, run_trial(what, FAILING, at, expected->kinds[at] == ST_FAULT_SYNC ? EIO : ENOSPC));
        *trials += 2;
    }
    static const unsigned limits[] = {0, 1, 55, 56, 4096, 16384, 16385, 20000};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        losses += judge(what, expected, run_trial(what, FILE_LIMIT, limits[i], 0));
        ++*trials;
    }
    return losses;
}

static unsigned fill_the_disk(const operation *what, const expectation *expected, unsigned *trials) {
    unsigned losses = 0;
    for (unsigned pages = 0; pages < 10; pages++) {
        losses += judge(what, expected, run_trial(what, DISK_FULL, pages, 0));
        ++*trials;
    }
    return losses;
}

/* ---- all of them ------------------------------------------------------------------------ */

static void make_base_in_child(const operation *what) {
    (void)what;
    _exit(make_base() ? 0 : 1);
}

static int begin(void) {
    now = mmap(NULL, sizeof *now, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (now == MAP_FAILED || begin_root() != 0 || in_child(make_base_in_child, NULL) != 0) {
        return 0;
    }
    base_len = read_test_file(device_file(FAULT_SERIAL, "token"), base_token, sizeof base_token);
    return base_len > 16384 && base_len < sizeof base_token &&
           read_test_file(device_file(FAULT_SERIAL, "token.key"), base_key, sizeof base_key) == sizeof base_key;
}

static int cut_off_all(unsigned (*cut_off)(const operation *, const expectation *, unsigned *)) {
    static view views[MOST_SAVES + 1];
    unsigned points = 0, all_trials = 0, all_losses = 0;
    printf("%-26s %5s %6s %6s %6s\n", "operation", "saves", "points", "trials", "losses");
    for (size_t i = 0; i < operation_count; i++) {
        expectation expected = {.views = views};
        unsigned trials = 0;
        unsigned losses = learn(&operations[i], &expected);
        if (losses == 0) {
            losses = cut_off(&operations[i], &expected, &trials);
        }
        printf("%-26s %5u %6u %6u %6u\n", operations[i].name, expected.saves, expected.points, trials, losses);
        points += expected.points;
        all_trials += trials;
        all_losses += losses;
    }
    printf("%zu operations, %u points, %u trials, %u losses\n", operation_count, points, all_trials, all_losses);
    return all_losses == 0 ? 0 : 1;
}

static int share_all(void) {
    score total = {0, 0};
    share(&total);
    printf("0 operations, 0 points, %u trials, %u losses\n", total.trials, total.losses);
    return total.losses == 0 && total.trials != 0 ? 0 : 1;
}

int main(int count, char **words) {
    int full = count == 3 && strcmp(words[1], "full-disk") == 0;
    if (full && setenv("TMPDIR", words[2], 1) != 0) {
        return 2;
    }
    if (!full && (count != 2 || (strcmp(words[1], "kill") != 0 && strcmp(words[1], "share") != 0))) {
        (void)fprintf(stderr, "usage: softtoken_faults kill | full-disk FOLDER | share\n");
        return 2;
    }
    if (!begin()) {
        (void)fprintf(stderr, "softtoken_faults: cannot make a device in a new folder\n");
        end_root();
        return 2;
    }
    int result = full ? cut_off_all(fill_the_disk) : words[1][0] == 'k' ? cut_off_all(kill_and_fail) : share_all();
    end_root();
    return result;
}
