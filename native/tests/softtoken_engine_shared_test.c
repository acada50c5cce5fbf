/* The engine: several threads, several processes, the exclusive use, events. */
#include "softtoken_engine_support.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

#include "softtoken/store.h"

enum { WORKERS = 2, FILES = 12 };

static void rest_ms(long ms) {
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* Run a part of the test in a child; 0 when all of it held there. */
static int in_child(int (*part)(void *), void *argument) {
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(part(argument));
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

/* ---- work at the same time -------------------------------------------------------------- */

typedef struct worker {
    const char *serial;
    uint32_t application;
    int number;
    int failures;
} worker;

/* Make files, write and read them, spending PIN tries in between. */
static void *work(void *argument) {
    worker *w = argument;
    st_device *device = NULL;
    w->failures += st_device_open(w->serial, &device) != ST_OK;
    for (int i = 0; device != NULL && i < FILES; i++) {
        char name[16];
        uint8_t data[1] = {0};
        size_t len = 1;
        (void)snprintf(name, sizeof name, "w%di%d", w->number, i);
        w->failures += st_file_create(device, w->application, name, 1, ST_BY_ANYONE, ST_BY_ANYONE) != ST_OK;
        w->failures += st_file_write(device, w->application, name, 0, (const uint8_t *)name, 1) != ST_OK;
        w->failures += st_file_read(device, w->application, name, 0, data, &len) != ST_OK || data[0] != 'w';
        w->failures += login_user(device, w->application) != ST_OK;
    }
    st_device_close(device);
    return NULL;
}

static int work_in_process(void *argument) {
    worker *w = argument;
    (void)work(w);
    return w->failures;
}

/* Threads of this process and a child that opens the device for itself: no change is lost. */
static void working_together(void) {
    char serial[ST_SERIAL_MAX + 1];
    pthread_t threads[WORKERS];
    worker workers[WORKERS + 1];
    size_t count = 0;
    uint64_t before = 0, after = 0;
    int status = -1;
    st_device *device = new_device("", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_ANYONE);
    CHECK(st_device_generation(device, &before) == ST_OK);
    for (int i = 0; i <= WORKERS; i++) {
        workers[i] = (worker){serial, application, i, 0};
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(work_in_process(&workers[WORKERS]));
    }
    for (int i = 0; i < WORKERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0 && workers[i].failures == 0);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(st_file_list(device, application, NULL, &count) == ST_OK && count == (WORKERS + 1) * FILES);
    /* A file made and written is two saves, and so is a login: none was overwritten. */
    CHECK(st_device_generation(device, &after) == ST_OK && after - before == 4 * (WORKERS + 1) * FILES);
    drop_device(device, serial);
}

/* ---- other processes -------------------------------------------------------------------- */

static st_device *shared_device;
static uint32_t shared_application;

static int is_logged_out(void *unused) {
    unsigned roles = 99;
    uint8_t key[16] = {1};
    (void)unused;
    int failures = st_login_state(shared_device, shared_application, &roles) != ST_OK || roles != 0;
    failures += st_device_change_key(shared_device, key) != ST_ERR_DEVICE_AUTH;
    failures += login_user(shared_device, shared_application) != ST_OK; /* it can log in for itself */
    return failures;
}

static int change_pin(void *unused) {
    (void)unused;
    return st_pin_change(shared_device, shared_application, ST_USER, USER_PIN, "from outside", NULL) != ST_OK;
}

static int change_pin_back(void *unused) {
    (void)unused;
    return st_pin_change(shared_device, shared_application, ST_USER, "from outside", USER_PIN, NULL) != ST_OK;
}

static int delete_application(void *unused) {
    (void)unused;
    return show_key(shared_device, FACTORY_KEY) != ST_OK || st_application_delete(shared_device, "GMPKI-TEST") != ST_OK;
}

static void other_processes(void) {
    char serial[ST_SERIAL_MAX + 1];
    unsigned roles = 99;
    st_device *device = shared_device = new_device("", serial);
    uint32_t application = shared_application = new_application(device, "GMPKI-TEST", ST_BY_ANYONE);
    CHECK(login_user(device, application) == ST_OK && show_key(device, FACTORY_KEY) == ST_OK);
    CHECK(in_child(is_logged_out, NULL) == 0);
    CHECK(st_login_state(device, application, &roles) == ST_OK && roles == 1u << ST_USER);
    CHECK(st_device_change_key(device, FACTORY_KEY) == ST_OK); /* the parent keeps what it had */

    CHECK(in_child(change_pin, NULL) == 0);
    CHECK(st_login_state(device, application, &roles) == ST_OK && roles == 0); /* its PIN is another's now */
    CHECK(login_user(device, application) == ST_ERR_PIN_INCORRECT);
    CHECK(in_child(change_pin_back, NULL) == 0 && login_user(device, application) == ST_OK);

    CHECK(in_child(delete_application, NULL) == 0);
    CHECK(st_login_state(device, application, &roles) == ST_ERR_NO_APPLICATION);
    CHECK(new_application(device, "GMPKI-TEST", ST_BY_ANYONE) > application);
    drop_device(device, serial);
}

/* A child made while other threads are inside the device has it open and can use it. */
static int use_device(void *unused) {
    st_device_info info;
    (void)unused;
    return st_device_get_info(shared_device, &info) != ST_OK ||
           login_user(shared_device, shared_application) != ST_OK || in_child(is_logged_out, NULL) != 0;
}

static void forks_in_the_midst(void) {
    enum { FORKS = 6 };
    char serial[ST_SERIAL_MAX + 1];
    pthread_t threads[WORKERS];
    worker workers[WORKERS];
    st_device *device = shared_device = new_device("", serial);
    shared_application = new_application(device, "GMPKI-TEST", ST_BY_ANYONE);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){serial, shared_application, i, 0};
        CHECK(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (int i = 0; i < FORKS; i++) {
        CHECK(in_child(use_device, NULL) == 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0 && workers[i].failures == 0);
    }
    drop_device(device, serial);
}

/* ---- the exclusive use ------------------------------------------------------------------ */

static int lock_from_outside(void *unused) {
    (void)unused;
    return st_device_lock(shared_device, shared_device, 60) != ST_ERR_TIMEOUT;
}

static void *unlock_soon(void *owner) {
    rest_ms(60);
    return st_device_unlock(shared_device, owner) == ST_OK ? owner : NULL;
}

static void exclusive_use(void) {
    char serial[ST_SERIAL_MAX + 1];
    int a = 0, b = 0;
    st_device_info info;
    pthread_t thread;
    void *result = NULL;
    st_device *device = shared_device = new_device("", serial);
    CHECK(st_device_lock(device, NULL, 0) == ST_ERR_ARGUMENT && st_device_lock(NULL, &a, 0) == ST_ERR_ARGUMENT);
    CHECK(st_device_unlock(device, &a) == ST_ERR_STATE && st_device_unlock(device, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_device_lock(device, &a, 0) == ST_OK && st_device_lock(device, &a, 0) == ST_OK);
    CHECK(st_device_lock(device, &b, 0) == ST_ERR_TIMEOUT && st_device_lock(device, &b, 30) == ST_ERR_TIMEOUT);
    CHECK(st_device_unlock(device, &b) == ST_ERR_STATE);
    CHECK(in_child(lock_from_outside, NULL) == 0);
    st_caller(&a);
    CHECK(st_device_get_info(device, &info) == ST_OK && st_device_set_label(device, "mine") == ST_OK);

    /* Who is not the owner waits until the owner lets go. */
    st_caller(&b);
    CHECK(pthread_create(&thread, NULL, unlock_soon, &a) == 0);
    CHECK(st_device_get_info(device, &info) == ST_OK && strcmp(info.label, "mine") == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == &a);
    CHECK(st_device_lock(device, &b, UINT32_MAX) == ST_OK);
    CHECK(pthread_create(&thread, NULL, unlock_soon, &b) == 0);
    CHECK(st_device_lock(device, &a, UINT32_MAX) == ST_OK);
    CHECK(pthread_join(thread, &result) == 0 && result == &b);

    /* The last close lets go, too. */
    st_caller(NULL);
    st_device_close(device);
    CHECK(st_device_open(serial, &device) == ST_OK);
    CHECK(st_device_lock(device, &b, 0) == ST_OK && st_device_unlock(device, &b) == ST_OK);
    drop_device(device, serial);
}

/* Hold the device until told to let go soon. */
static int lock_for_a_while(void *told) {
    const int *pipes = told;
    char byte;
    int failures = st_device_lock(shared_device, told, 0) != ST_OK;
    failures += write(pipes[1], "", 1) != 1 || read(pipes[2], &byte, 1) != 1;
    rest_ms(40);
    return failures + (st_device_unlock(shared_device, told) != ST_OK);
}

static void waiting_for_another_process(void) {
    char serial[ST_SERIAL_MAX + 1], byte;
    int pipes[4] = {-1, -1, -1, -1}, status = -1;
    st_device *device = shared_device = new_device("", serial);
    CHECK(pipe(pipes) == 0 && pipe(pipes + 2) == 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(lock_for_a_while(pipes));
    }
    CHECK(read(pipes[0], &byte, 1) == 1);
    CHECK(st_device_lock(device, &byte, 10) == ST_ERR_TIMEOUT);
    CHECK(write(pipes[3], "", 1) == 1);
    CHECK(st_device_set_label(device, "waited") == ST_OK);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (int i = 0; i < 4; i++) {
        CHECK(close(pipes[i]) == 0);
    }
    drop_device(device, serial);
}

/* A process that locked the device and ends does not hold it. */
static int lock_and_end(void *unused) {
    (void)unused;
    return st_device_lock(shared_device, shared_device, 0) != ST_OK;
}

static void locked_by_the_dead(void) {
    char serial[ST_SERIAL_MAX + 1];
    st_device_info info;
    st_device *device = shared_device = new_device("", serial);
    CHECK(in_child(lock_and_end, NULL) == 0);
    CHECK(st_device_get_info(device, &info) == ST_OK);
    drop_device(device, serial);
}

/* ---- events ----------------------------------------------------------------------------- */

typedef struct watcher {
    char serial[ST_SERIAL_MAX + 1];
    int event;
    enum st_status status;
    atomic_int done;
} watcher;

static void *watch(void *argument) {
    watcher *w = argument;
    w->status = st_event_wait(w->serial, &w->event);
    atomic_store(&w->done, 1);
    return NULL;
}

/* Whether the next event is this one. */
static int next_is(const char *serial, int event) {
    watcher w = {"", 0, ST_OK, 0};
    (void)watch(&w);
    return w.status == ST_OK && w.event == event && strcmp(w.serial, serial) == 0;
}

/* Cancel until nobody waits any more: one who only begins to wait is not ended by what was cancelled before. */
static int ends_without_event(pthread_t thread, watcher *w) {
    while (!atomic_load(&w->done)) {
        st_event_cancel();
        rest_ms(5);
    }
    return pthread_join(thread, NULL) == 0 && w->status == ST_ERR_NO_EVENT;
}

/* Let somebody see a device come or go, which goes on coming and going until he has; it is there at the end. */
static void first_event(void) {
    pthread_t thread;
    watcher w = {"", 0, ST_OK, 0};
    CHECK(pthread_create(&thread, NULL, watch, &w) == 0);
    while (!atomic_load(&w.done)) {
        pull_out("EVENTS");
        rest_ms(60);
        put_in("EVENTS");
        rest_ms(60);
    }
    CHECK(pthread_join(thread, NULL) == 0 && w.status == ST_OK && strcmp(w.serial, "EVENTS") == 0);
    CHECK(w.event == ST_INSERTED || (w.event == ST_REMOVED && next_is("EVENTS", ST_INSERTED)));
}

static void events(void) {
    char serial[ST_SERIAL_MAX + 1] = "";
    int event = 0;
    pthread_t threads[2];
    watcher watchers[2] = {{"", 0, ST_OK, 0}, {"", 0, ST_OK, 0}}, last = {"", 0, ST_OK, 0};
    CHECK(st_event_wait(NULL, &event) == ST_ERR_ARGUMENT && st_event_wait(serial, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_device_create(NULL, "serial=EVENTS\npin_iterations=1\n", serial) == ST_OK);
    first_event();
    pull_out("EVENTS");
    CHECK(next_is("EVENTS", ST_REMOVED));
    put_in("EVENTS");
    CHECK(st_device_create(NULL, "serial=A\npin_iterations=1\n", serial) == ST_OK);
    CHECK(next_is("A", ST_INSERTED) && next_is("EVENTS", ST_INSERTED)); /* none is lost between two waits */
    remove_tree(device_file("A", ""));
    CHECK(next_is("A", ST_REMOVED));

    /* A cancellation ends the waiting of everybody, and what was not told by then is not told. */
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, watch, &watchers[i]) == 0);
    }
    CHECK(ends_without_event(threads[0], &watchers[0]) && ends_without_event(threads[1], &watchers[1]));
    pull_out("EVENTS");
    CHECK(pthread_create(&threads[0], NULL, watch, &last) == 0);
    CHECK(ends_without_event(threads[0], &last));
    remove_tree(device_file("EVENTS", ""));
}

/* ---- a child of somebody who died in the midst of a change -------------------------------- */

static int told[2]; /* a pipe: the child of the dead says who it is */

/* While a change is written: fork a child that lives on, and die. */
static int fork_and_die(int point) {
    if (point != ST_FAULT_SYNC) {
        return 0;
    }
    pid_t child = fork();
    if (child == 0) {
        pid_t own = getpid();
        (void)!write(told[1], &own, sizeof own);
        rest_ms(30000);
        _exit(0);
    }
    rest_ms(200); /* until the child runs, and has let go of what is not its own */
    _exit(0);
}

static int change_and_die(void *argument) {
    st_device *device = NULL;
    if (st_device_open(argument, &device) != ST_OK) {
        return 1;
    }
    st_fault_hook = fork_and_die;
    return st_device_set_label(device, "never") == ST_OK ? 2 : 3;
}

/* The child holds none of the locks: others go on at once. */
static void children_of_the_dead(void) {
    char serial[ST_SERIAL_MAX + 1];
    st_device *device = new_device("serial=ORPHAN\n", serial);
    st_store *store = NULL;
    pid_t orphan = 0;
    CHECK(pipe(told) == 0 && in_child(change_and_die, serial) == 0);
    CHECK(read(told[0], &orphan, sizeof orphan) == (ssize_t)sizeof orphan);
    CHECK(st_store_open(&store, NULL, serial) == ST_OK);
    CHECK(st_store_lock(store, ST_LOCK_WRITE, 0) == ST_OK);
    CHECK(st_store_lock(store, ST_LOCK_EXCLUSIVE, 0) == ST_OK);
    st_store_close(store);
    CHECK(orphan > 0 && kill(orphan, SIGKILL) == 0);
    (void)close(told[0]);
    (void)close(told[1]);
    drop_device(device, serial);
}

int main(void) {
    CHECK(begin_root() == 0);
    working_together();
    other_processes();
    forks_in_the_midst();
    exclusive_use();
    waiting_for_another_process();
    locked_by_the_dead();
    children_of_the_dead();
    events();
    end_root();
    return finish();
}
