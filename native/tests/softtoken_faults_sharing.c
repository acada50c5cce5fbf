/* Two processes that change one device at once, and processes killed at any moment. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "softtoken_faults.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/bytes.h"

enum { PROCESSES = 2, ROUNDS = 60, KILLS = 60, PIN_KILLS = 12, PIN_TRIES = 15, WORK_SECONDS = 120 };

/* What the processes tell, in memory that outlives them. */
typedef struct notes {
    uint32_t ids[PROCESSES][ROUNDS];
    unsigned incorrect[PROCESSES], locked[PROCESSES];
    volatile uint32_t answered; /* the last round that was answered with ST_OK */
    volatile uint32_t failed;
} notes;

static notes *shared;

typedef void (*worker)(int process);

static pid_t start(worker work, int process) {
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(WORK_SECONDS);
        work(process);
        _exit(0);
    }
    return child;
}

/* Run two of them side by side. 1 when both ended well. */
static int run_both(worker work) {
    pid_t children[PROCESSES];
    int good = 1;
    memset(shared, 0, sizeof *shared);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = start(work, i);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        good &= children[i] > 0 && waitpid(children[i], &status, 0) == children[i] && status == 0;
    }
    return good;
}

static void tell(score *total, const char *what, unsigned trials, unsigned losses) {
    printf("%-46s %6u trials %6u losses\n", what, trials, losses);
    total->trials += trials;
    total->losses += losses;
}

/* The device with its user logged in; the process ends where that fails. */
static fault_target enter(void) {
    static const operation user = {"", NEEDS_USER, -1, NULL};
    fault_target on;
    if (!prepare(&user, &on)) {
        (void)fprintf(stderr, "softtoken_faults: the user cannot log in\n");
        _exit(2);
    }
    return on;
}

/* ---- two at once ------------------------------------------------------------------------ */

/* Make objects and delete every third; all ids that ever were are told. */
static void make_objects(int process) {
    fault_target on = enter();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint8_t blob[8];
        store_be32(blob, (uint32_t)process);
        store_be32(blob + 4, i);
        uint32_t *id = &shared->ids[process][i];
        if (st_object_create(on.device, on.application, (int)(i & 1), blob, sizeof blob, id) != ST_OK ||
            (i % 3 == 2 && st_object_delete(on.device, on.application, *id) != ST_OK)) {
            _exit(1);
        }
    }
    st_device_close(on.device);
}

/* Every object that was made and not deleted is there with what was put into it, and no id was given out twice. */
static unsigned missing_objects(void) {
    fault_target on = enter();
    unsigned losses = 0;
    for (int process = 0; process < PROCESSES; process++) {
        for (uint32_t i = 0; i < ROUNDS; i++) {
            uint8_t blob[8] = {0};
            size_t len = sizeof blob;
            enum st_status status = st_object_get(on.device, on.application, shared->ids[process][i], blob, &len);
            int good = i % 3 == 2 ? status == ST_ERR_NO_OBJECT
                                  : status == ST_OK && len == sizeof blob && load_be32(blob) == (uint32_t)process &&
                                        load_be32(blob + 4) == i;
            losses += good ? 0 : 1;
        }
    }
    st_device_close(on.device);
    for (size_t i = 0; i < PROCESSES * ROUNDS; i++) {
        for (size_t j = 0; j < i; j++) {
            losses += shared->ids[i / ROUNDS][i % ROUNDS] == shared->ids[j / ROUNDS][j % ROUNDS];
        }
    }
    return losses;
}

/* Read a number from a file, add one, write it, having locked the device. */
static void count_up(int process) {
    fault_target on = enter();
    st_caller(&shared->ids[process]);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint8_t number[4];
        size_t len = sizeof number;
        if (st_device_lock(on.device, &shared->ids[process], 30000) != ST_OK ||
            st_file_read(on.device, on.application, "sealed", 0, number, &len) != ST_OK) {
            _exit(1);
        }
        store_be32(number, load_be32(number) + 1);
        if (st_file_write(on.device, on.application, "sealed", 0, number, sizeof number) != ST_OK ||
            st_device_unlock(on.device, &shared->ids[process]) != ST_OK) {
            _exit(1);
        }
    }
    st_device_close(on.device);
}

static uint32_t counter(uint32_t set_to, int set) {
    fault_target on = enter();
    uint8_t number[4] = {0};
    size_t len = sizeof number;
    if (set) {
        store_be32(number, set_to);
    }
    enum st_status status = set ? st_file_write(on.device, on.application, "sealed", 0, number, len)
                                : st_file_read(on.device, on.application, "sealed", 0, number, &len);
    st_device_close(on.device);
    return status == ST_OK ? load_be32(number) : UINT32_MAX;
}

static unsigned tries_left(void) {
    fault_target on;
    st_pin_info info = {0, 0, 0, 0};
    static const operation nobody = {"", 0, -1, NULL};
    if (!prepare(&nobody, &on) || st_pin_get_info(on.device, on.application, ST_USER, &info) != ST_OK) {
        info.tries_left = UINT32_MAX;
    }
    st_device_close(on.device);
    return info.tries_left;
}

/* Try wrong PINs, one more than half of the tries. */
static void try_wrong_pins(int process) {
    static const operation nobody = {"", 0, -1, NULL};
    fault_target on;
    if (!prepare(&nobody, &on)) {
        _exit(2);
    }
    for (int i = 0; i < PIN_TRIES / 2 + 2; i++) {
        uint32_t left = 99;
        enum st_status status = st_pin_verify(on.device, on.application, ST_USER, "not the PIN", &left);
        shared->incorrect[process] += status == ST_ERR_PIN_INCORRECT;
        shared->locked[process] += status == ST_ERR_PIN_LOCKED;
    }
    st_device_close(on.device);
}

/* ---- killed at any moment --------------------------------------------------------------- */

/* Replace one object by ever higher numbers; what was answered is told. */
static void write_numbers(int process) {
    fault_target on = enter();
    (void)process;
    for (uint32_t i = shared->answered + 1;; i++) {
        uint8_t blob[4];
        store_be32(blob, i);
        if (st_object_replace(on.device, on.application, on.object, blob, sizeof blob) != ST_OK) {
            shared->failed = 1;
            _exit(1);
        }
        shared->answered = i;
    }
}

static void spend_tries(int process) {
    static const operation nobody = {"", 0, -1, NULL};
    fault_target on;
    (void)process;
    if (!prepare(&nobody, &on)) {
        _exit(2);
    }
    while (st_pin_verify(on.device, on.application, ST_USER, "not the PIN", NULL) == ST_ERR_PIN_INCORRECT) {
        shared->answered = shared->answered + 1;
    }
    for (;;) {
        (void)pause();
    }
}

/* Let a process work for a moment that nobody chose, then kill it. */
static void kill_at_some_moment(worker work, long longest_us) {
    pid_t child = start(work, 0);
    struct timespec moment = {0, 1000 * (rand() % longest_us)};
    (void)nanosleep(&moment, NULL);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

static unsigned kill_writers(void) {
    unsigned losses = 0;
    memset(shared, 0, sizeof *shared);
    for (int i = 0; i < KILLS; i++) {
        kill_at_some_moment(write_numbers, 60000);
        fault_target on = enter();
        uint8_t blob[16] = {0};
        size_t len = sizeof blob;
        enum st_status status = st_object_get(on.device, on.application, on.object, blob, &len);
        uint32_t number = status == ST_OK && len == 4 ? load_be32(blob) : 0;
        int first = shared->answered == 0 && len != 4;
        losses += first || (number >= shared->answered && number <= shared->answered + 1) ? 0 : 1;
        shared->answered = number;
        st_device_close(on.device);
    }
    return losses + shared->failed;
}

static unsigned kill_guessers(void) {
    unsigned losses = 0;
    for (int i = 0; i < PIN_KILLS; i++) {
        memset(shared, 0, sizeof *shared);
        fault_target on = enter(); /* which gives all tries back */
        st_device_close(on.device);
        kill_at_some_moment(spend_tries, 20000);
        unsigned left = tries_left();
        unsigned answered = shared->answered;
        losses += left + answered <= PIN_TRIES && left + answered + 2 > PIN_TRIES ? 0 : 1;
        if (left == 0) {
            break; /* nobody gets in any more */
        }
    }
    return losses;
}

void share(score *total) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        tell(total, "no memory to share", 0, 1);
        return;
    }
    srand(20161);
    tell(total, "killed at any moment: answered writes", KILLS, kill_writers());
    int good = run_both(make_objects);
    tell(total, "two processes: objects, ids", PROCESSES * ROUNDS, good ? missing_objects() : 1);
    (void)counter(0, 1);
    good = run_both(count_up);
    tell(total, "two processes: a counter under the lock", PROCESSES * ROUNDS,
         good && counter(0, 0) == PROCESSES * ROUNDS ? 0 : 1);
    tell(total, "killed at any moment: tries of a PIN", PIN_KILLS, kill_guessers());
    fault_target on = {0};
    static const operation nobody = {"", 0, -1, NULL};
    good = prepare(&nobody, &on) && st_pin_unblock(on.device, on.application, ADMIN_PIN, USER_PIN, NULL) == ST_OK;
    st_device_close(on.device);
    good = good && run_both(try_wrong_pins);
    unsigned incorrect = shared->incorrect[0] + shared->incorrect[1];
    unsigned locked = shared->locked[0] + shared->locked[1];
    tell(total, "two processes: tries of a PIN", incorrect + locked,
         good && incorrect == PIN_TRIES - 1 && locked == PROCESSES * (PIN_TRIES / 2 + 2) - incorrect &&
                 tries_left() == 0
             ? 0
             : 1);
}
