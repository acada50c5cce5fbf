/* Devices on disk: made, listed, loaded, saved, damaged, cut off at every step, locked by several processes. */
#include "softtoken_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "check.h"
#include "common/bytes.h"
#include "gmpki/kdf.h"
#include "gmpki/sm3.h"
#include "softtoken/environment.h"
#include "softtoken/sealed.h"
#include "softtoken/store.h"
#include "softtoken_sample.h"

enum { FILE_ROOM = 8192 };

#define QUICK "pin_iterations=1\n"

/* Open the device, take the lock, put the sample's applications into it. */
static void fill_device(const char *serial) {
    st_store *store = NULL;
    st_model *model = NULL;
    CHECK(st_store_open(&store, NULL, serial) == ST_OK);
    CHECK(st_store_lock(store, ST_LOCK_WRITE, 0) == ST_OK && st_store_load(store, &model) == ST_OK);
    st_model *sample = sample_model(serial);
    if (model != NULL && sample != NULL) {
        sample->generation = model->generation;
        CHECK(st_store_save(store, sample) == ST_OK && sample->generation == model->generation + 1);
    }
    st_model_free(sample);
    st_model_free(model);
    st_store_close(store);
}

/* What loading the device answers now. */
static enum st_status load_status(const char *serial) {
    st_store *store = NULL;
    st_model *model = NULL;
    enum st_status status = st_store_open(&store, NULL, serial);
    if (status == ST_OK) {
        status = st_store_load(store, &model);
    }
    if (status != ST_OK && (model != NULL || (store != NULL && st_store_is_current(store)))) {
        status = ST_STATUS_COUNT;
    }
    st_model_free(model);
    st_store_close(store);
    return status;
}

/* ---- making ----------------------------------------------------------------------------- */

static unsigned mode_of(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? (unsigned)status.st_mode & 0777u : 0;
}

static void making(void) {
    char serial[ST_SERIAL_MAX + 1] = "";
    CHECK(st_store_create(NULL, QUICK, serial) == ST_OK);
    CHECK(strlen(serial) == 16 && strspn(serial, "0123456789ABCDEF") == 16);
    CHECK(mode_of(device_file(serial, ".")) == 0700 && mode_of(device_file(serial, "token")) == 0600);
    CHECK(mode_of(device_file(serial, "token.key")) == 0600 && mode_of(device_file(serial, "lock")) == 0600);
    st_store *store = NULL;
    st_model *model = NULL;
    CHECK(st_store_open(&store, test_root, serial) == ST_OK && st_store_load(store, &model) == ST_OK);
    if (model != NULL) {
        uint8_t key[ST_STORE_KEY_LEN];
        const st_place place = {serial, 0, 0, ST_SEALED_DEVICE_KEY};
        CHECK(strcmp(model->serial, serial) == 0 && strcmp(model->label, "SOFTWARE TOKEN") == 0);
        CHECK(model->generation == 1 && model->next_id == 1 && model->application_count == 0);
        CHECK(st_unseal(key, st_store_key(store), &place, model->device_key, sizeof model->device_key) == ST_OK);
        CHECK(memcmp(key, "1234567812345678", sizeof key) == 0);
    }
    st_model_free(model);
    st_store_close(store);
    st_store_close(NULL);
    remove_tree(device_file(serial, ""));
    CHECK(st_store_create(NULL, "pin_iterations=0", serial) == ST_ERR_ARGUMENT);
    CHECK(st_store_create(NULL, "serial=COST\npin_cost_ms=1", serial) == ST_OK && load_status("COST") == ST_OK);
    remove_tree(device_file("COST", ""));
}

static void making_again(void) {
    char serial[ST_SERIAL_MAX + 1];
    st_store *store = NULL;
    st_model *model = NULL;
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1", serial) == ST_OK);
    fill_device("TEST-1");
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1", serial) == ST_ERR_ARGUMENT);
    CHECK(st_store_open(&store, NULL, "TEST-1") == ST_OK && st_store_load(store, &model) == ST_OK);
    uint32_t next_id = model == NULL ? 0 : model->next_id;
    CHECK(model != NULL && model->application_count == 2 && next_id > 8);
    st_model_free(model);
    CHECK(st_store_is_current(store));
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1\nreplace=1\nlabel=new", serial) == ST_OK);
    CHECK(!st_store_is_current(store) && st_store_load(store, &model) == ST_OK);
    CHECK(model != NULL && model->application_count == 0 && strcmp(model->label, "new") == 0);
    CHECK(model != NULL && model->next_id == next_id && model->generation == 3);
    st_model_free(model);
    CHECK(st_store_lock(store, ST_LOCK_WRITE, 0) == ST_OK);
    st_store_close(store);

    /* A device that can no longer be read gives way, too; its ids are not known, so the new ones begin elsewhere. */
    CHECK(write_test_file(device_file("TEST-1", "token"), (const uint8_t *)"x", 1) == 0);
    CHECK(load_status("TEST-1") == ST_ERR_DAMAGED);
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1", serial) == ST_ERR_ARGUMENT);
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1\nreplace=1", serial) == ST_OK && load_status("TEST-1") == ST_OK);
    CHECK(unlink(device_file("TEST-1", "token.key")) == 0 && load_status("TEST-1") == ST_ERR_DAMAGED);
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1\nreplace=1", serial) == ST_OK && load_status("TEST-1") == ST_OK);
    remove_tree(device_file("TEST-1", ""));
    CHECK(load_status("TEST-1") == ST_ERR_NO_DEVICE);
}

static void listing(void) {
    char serial[ST_SERIAL_MAX + 1];
    char serials[3][ST_SERIAL_MAX + 1];
    size_t count = 0;
    CHECK(st_store_list(NULL, NULL, &count) == ST_OK && count == 0);
    CHECK(st_store_create(NULL, QUICK "serial=B", serial) == ST_OK);
    CHECK(st_store_create(NULL, QUICK "serial=A", serial) == ST_OK);
    CHECK(mkdir(device_file("unfinished", ""), 0700) == 0 && mkdir(device_file("a b", ""), 0700) == 0);
    CHECK(write_test_file(device_file("a b", "token"), (const uint8_t *)"x", 1) == 0);
    CHECK(write_test_file(device_file("a b", "../file"), (const uint8_t *)"x", 1) == 0);
    CHECK(st_store_list(NULL, NULL, &count) == ST_OK && count == 2);
    count = 3;
    CHECK(st_store_list(test_root, serials, &count) == ST_OK && count == 2);
    CHECK(strcmp(serials[0], "A") == 0 && strcmp(serials[1], "B") == 0);
    count = 1;
    CHECK(st_store_list(NULL, serials, &count) == ST_OK && count == 2 && strcmp(serials[0], "A") == 0);
    CHECK(st_store_list(device_file("A", "nothing"), NULL, &count) == ST_OK && count == 0);
    CHECK(st_store_list(device_file("A", "token"), NULL, &count) == ST_OK && count == 0);

    st_store *store = NULL;
    CHECK(st_store_open(&store, NULL, "A") == ST_OK && !st_store_is_absent(store));
    CHECK(st_store_presence(NULL, "A") == ST_PRESENT);
    CHECK(write_test_file(device_file("A", "absent"), NULL, 0) == 0);
    CHECK(st_store_presence(NULL, "A") == ST_ABSENT && st_store_is_absent(store));
    st_store_close(store);
    CHECK(st_store_presence(NULL, "unfinished") == ST_UNKNOWN && st_store_presence(NULL, "C") == ST_UNKNOWN);
    CHECK(st_store_presence(NULL, "a b") == ST_UNKNOWN && st_store_presence(NULL, "../A") == ST_UNKNOWN);
    static const char *const none[] = {"C", "unfinished", "a b", "..", "", "A/../B"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        CHECK(st_store_open(&store, NULL, none[i]) == ST_ERR_NO_DEVICE && store == NULL);
    }
    CHECK(st_store_create(NULL, QUICK "serial=unfinished", serial) == ST_OK);
    CHECK(st_store_presence(NULL, "unfinished") == ST_PRESENT);
    static const char *const made[] = {"A", "B", "unfinished", "a b", "file"};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        remove_tree(device_file(made[i], ""));
    }
    (void)unlink(device_file(".", "file"));
}

/* Where devices are when nobody says. */
static void roots(void) {
    char serial[ST_SERIAL_MAX + 1];
    char other[sizeof test_root + 8];
    (void)snprintf(other, sizeof other, "%s/deep/er", test_root);
    CHECK(setenv("GMPKI_SOFTTOKEN_DIR", other, 1) == 0);
    CHECK(st_store_create(NULL, QUICK "serial=R1", serial) == ST_OK && mode_of(other) == 0700);
    CHECK(unsetenv("GMPKI_SOFTTOKEN_DIR") == 0 && setenv("XDG_DATA_HOME", test_root, 1) == 0);
    CHECK(st_store_create(NULL, QUICK "serial=R2", serial) == ST_OK);
    CHECK(unsetenv("XDG_DATA_HOME") == 0 && setenv("HOME", test_root, 1) == 0);
    CHECK(st_store_create(NULL, QUICK "serial=R3", serial) == ST_OK && st_store_presence(NULL, "R3") == ST_PRESENT);
    CHECK(setenv("HOME", "", 1) == 0);
    CHECK(st_store_create(NULL, QUICK, serial) == ST_ERR_WRITE && st_store_presence(NULL, "R3") == ST_UNKNOWN);
    CHECK(setenv("GMPKI_SOFTTOKEN_DIR", test_root, 1) == 0);
    CHECK(st_store_presence(NULL, "deep") == ST_UNKNOWN && access(device_file("deep/er/R1", "token"), F_OK) == 0);
    CHECK(access(device_file("gmpki/tokens/R2", "token"), F_OK) == 0);
    CHECK(access(device_file(".local/share/gmpki/tokens/R3", "token"), F_OK) == 0);
    CHECK(st_store_create(device_file("deep/er/R1", "token"), QUICK, serial) == ST_ERR_WRITE);
    remove_tree(device_file("deep", ""));
    remove_tree(device_file("gmpki", ""));
    remove_tree(device_file(".local", ""));
}

/* ---- damage ----------------------------------------------------------------------------- */

static void damage(void) {
    char serial[ST_SERIAL_MAX + 1];
    static uint8_t good[FILE_ROOM], bad[FILE_ROOM + 1];
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1", serial) == ST_OK);
    fill_device("TEST-1");
    size_t len = read_test_file(device_file("TEST-1", "token"), good, sizeof good);
    CHECK(len > 1000 && len < sizeof good && memcmp(good, "GMPKITOK", 8) == 0);
    memcpy(bad, good, len);
    int seen = 1;
    for (size_t i = 0; i < len; i++) {
        bad[i] ^= (uint8_t)(1u << (i % 8));
        seen &= write_test_file(device_file("TEST-1", "token"), bad, len) == 0;
        seen &= load_status("TEST-1") == ST_ERR_DAMAGED;
        bad[i] = good[i];
    }
    CHECK(seen);
    for (size_t cut = 0; cut < len; cut++) {
        seen &= write_test_file(device_file("TEST-1", "token"), bad, cut) == 0;
        seen &= load_status("TEST-1") == ST_ERR_DAMAGED;
    }
    CHECK(seen);
    bad[len] = 0;
    CHECK(write_test_file(device_file("TEST-1", "token"), bad, len + 1) == 0);
    CHECK(load_status("TEST-1") == ST_ERR_DAMAGED);
    CHECK(write_test_file(device_file("TEST-1", "token"), good, len) == 0 && load_status("TEST-1") == ST_OK);
    CHECK(truncate(device_file("TEST-1", "token"), 16 << 20) == 0 && load_status("TEST-1") == ST_ERR_DAMAGED);

    /* The key: another, too short, too long, none. */
    CHECK(write_test_file(device_file("TEST-1", "token"), good, len) == 0);
    uint8_t key[33] = {0};
    CHECK(read_test_file(device_file("TEST-1", "token.key"), key, sizeof key) == 32);
    key[31] ^= 1;
    CHECK(write_test_file(device_file("TEST-1", "token.key"), key, 32) == 0);
    CHECK(load_status("TEST-1") == ST_ERR_DAMAGED);
    key[31] ^= 1;
    for (size_t key_len = 0; key_len <= sizeof key; key_len++) {
        CHECK(write_test_file(device_file("TEST-1", "token.key"), key, key_len) == 0);
        CHECK(load_status("TEST-1") == (key_len == 32 ? ST_OK : ST_ERR_DAMAGED));
    }
    CHECK(write_test_file(device_file("TEST-1", "token.key"), key, 32) == 0 && load_status("TEST-1") == ST_OK);

    /* The folder under another name. */
    char from[512];
    (void)snprintf(from, sizeof from, "%s", device_file("TEST-1", ""));
    CHECK(rename(from, device_file("TEST-2", "")) == 0 && load_status("TEST-2") == ST_ERR_DAMAGED);
    remove_tree(device_file("TEST-2", ""));
}

/* The format from its description, without the code that reads it: the MAC of a file of a later version. */
static void later_version(void) {
    char serial[ST_SERIAL_MAX + 1];
    uint8_t file[FILE_ROOM], key[32], prk[32], mac_key[32], signed_bytes[FILE_ROOM];
    static const char info[] = "gmpki softtoken mac";
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1", serial) == ST_OK);
    size_t len = read_test_file(device_file("TEST-1", "token"), file, sizeof file);
    CHECK(len > 56 && read_test_file(device_file("TEST-1", "token.key"), key, sizeof key) == 32);
    CHECK(gmpki_sm3_hkdf_extract(prk, (const uint8_t *)"TEST-1", 6, key, 32) == GMPKI_OK);
    CHECK(gmpki_sm3_hkdf_expand(mac_key, 32, prk, 32, (const uint8_t *)info, strlen(info)) == GMPKI_OK);
    CHECK(load_be32(file + 8) == 1 && load_be32(file + 12) == len - 56 && load_be64(file + 16) == 1);
    for (uint32_t version = 1; version <= 2; version++) {
        store_be32(file + 8, version);
        memcpy(signed_bytes, file, 24);
        memcpy(signed_bytes + 24, file + 56, len - 56);
        CHECK(gmpki_sm3_hmac(file + 24, mac_key, 32, signed_bytes, len - 32) == GMPKI_OK);
        CHECK(write_test_file(device_file("TEST-1", "token"), file, len) == 0);
        CHECK(load_status("TEST-1") == (version == 1 ? ST_OK : ST_ERR_NOT_SUPPORTED));
    }
    remove_tree(device_file("TEST-1", ""));
}

/* Things that are no regular files must neither be followed nor waited for. */
static void strange_files(void) {
    char serial[ST_SERIAL_MAX + 1];
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1", serial) == ST_OK);
    CHECK(unlink(device_file("TEST-1", "token.key")) == 0 && mkfifo(device_file("TEST-1", "token.key"), 0600) == 0);
    CHECK(load_status("TEST-1") == ST_ERR_READ);
    CHECK(unlink(device_file("TEST-1", "token.key")) == 0 && symlink("token", device_file("TEST-1", "token.key")) == 0);
    CHECK(load_status("TEST-1") == ST_ERR_READ);
    CHECK(unlink(device_file("TEST-1", "token")) == 0 && mkdir(device_file("TEST-1", "token"), 0700) == 0);
    CHECK(load_status("TEST-1") == ST_ERR_NO_DEVICE);
    remove_tree(device_file("TEST-1", ""));

    /* A new state is not written through a link that lies in its way. */
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1", serial) == ST_OK);
    CHECK(write_test_file(device_file("TEST-1", "victim"), (const uint8_t *)"kept", 4) == 0);
    CHECK(symlink("victim", device_file("TEST-1", "token.new")) == 0);
    fill_device("TEST-1");
    uint8_t victim[8];
    CHECK(read_test_file(device_file("TEST-1", "victim"), victim, sizeof victim) == 4 &&
          memcmp(victim, "kept", 4) == 0);
    CHECK(load_status("TEST-1") == ST_OK);
    remove_tree(device_file("TEST-1", ""));
}

/* ---- saving ----------------------------------------------------------------------------- */

static int failing_point, failing_error;

static int fail_at_point(int point) {
    return point == failing_point ? failing_error : 0;
}

static void saving(void) {
    char serial[ST_SERIAL_MAX + 1];
    st_store *store = NULL, *other = NULL;
    st_model *model = NULL, *seen = NULL;
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1\ntotal_space=2048", serial) == ST_OK);
    CHECK(st_store_open(&store, NULL, "TEST-1") == ST_OK && st_store_open(&other, NULL, "TEST-1") == ST_OK);
    CHECK(!st_store_is_current(store) && st_store_load(store, &model) == ST_OK && st_store_is_current(store));
    if (model == NULL) {
        return;
    }
    CHECK(st_store_save(store, model) == ST_ERR_STATE && model->generation == 1);
    CHECK(st_store_lock(store, ST_LOCK_WRITE, 0) == ST_OK);
    CHECK(st_store_load(other, &seen) == ST_OK && st_store_is_current(other));
    st_model_free(seen);
    CHECK(st_store_save(store, model) == ST_OK && model->generation == 2);
    CHECK(st_store_is_current(store) && !st_store_is_current(other));

    for (failing_point = ST_FAULT_OPEN; failing_point < ST_FAULT_POINTS; failing_point++) {
        failing_error = failing_point == ST_FAULT_WRITE ? ENOSPC : EIO;
        uint64_t before = model->generation;
        st_fault_hook = fail_at_point;
        CHECK(st_store_save(store, model) == ST_ERR_WRITE && model->generation == before);
        st_fault_hook = NULL;
        CHECK(!st_store_is_current(store) && access(device_file("TEST-1", "token.new"), F_OK) != 0);
        st_model_free(model);
        model = NULL;
        CHECK(st_store_load(store, &model) == ST_OK);
        if (model == NULL) {
            return;
        }
        CHECK(model->generation == before + (failing_point >= ST_FAULT_SYNC_FOLDER ? 1 : 0));
    }

    st_application *application = NULL;
    st_file *file = NULL;
    CHECK(st_model_add_application(model, &application) == ST_OK && application != NULL);
    strcpy(application->name, "GMPKI-TEST");
    application->pins[ST_ADMIN].max_tries = application->pins[ST_USER].max_tries = 1;
    CHECK(st_model_add_file(model, application, &file) == ST_OK && file != NULL);
    strcpy(file->name, "f");
    file->size = 2049;
    CHECK(st_store_save(store, model) == ST_ERR_NO_ROOM && !st_store_is_current(store));
    file->size = 2048;
    CHECK(st_store_save(store, model) == ST_OK && load_status("TEST-1") == ST_OK);
    remove_tree(device_file("TEST-1", ""));
    CHECK(st_store_save(store, model) == ST_ERR_NO_DEVICE && !st_store_is_current(store));
    CHECK(st_store_load(other, &seen) == ST_ERR_NO_DEVICE && seen == NULL);
    st_model_free(model);
    st_store_close(store);
    st_store_close(other);
}

/* A creation that fails at any step leaves nothing, and the next one succeeds. */
static void making_fails(void) {
    char serial[ST_SERIAL_MAX + 1] = "unchanged";
    for (failing_point = ST_FAULT_OPEN; failing_point <= ST_FAULT_RENAME; failing_point++) {
        failing_error = ENOSPC;
        st_fault_hook = fail_at_point;
        CHECK(st_store_create(NULL, QUICK "serial=TEST-1", serial) == ST_ERR_WRITE);
        st_fault_hook = NULL;
        CHECK(strcmp(serial, "unchanged") == 0 && access(device_file("TEST-1", ""), F_OK) != 0);
    }
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1", serial) == ST_OK && load_status("TEST-1") == ST_OK);
    remove_tree(device_file("TEST-1", ""));
}

/* ---- locks ------------------------------------------------------------------------------ */

static void locks(void) {
    char serial[ST_SERIAL_MAX + 1];
    st_store *a = NULL, *b = NULL;
    CHECK(st_store_create(NULL, QUICK "serial=TEST-1", serial) == ST_OK);
    CHECK(st_store_open(&a, NULL, "TEST-1") == ST_OK && st_store_open(&b, NULL, "TEST-1") == ST_OK);
    CHECK(st_store_lock(a, ST_LOCK_WRITE, 0) == ST_OK && st_store_lock(a, ST_LOCK_WRITE, 0) == ST_ERR_ARGUMENT);
    CHECK(st_store_lock(a, -1, 0) == ST_ERR_ARGUMENT && st_store_lock(a, ST_LOCK_KINDS, 0) == ST_ERR_ARGUMENT);
    struct timespec begin, end;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    CHECK(st_store_lock(b, ST_LOCK_WRITE, 50) == ST_ERR_TIMEOUT);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    CHECK((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 >= 49);
    CHECK(st_store_lock(b, ST_LOCK_EXCLUSIVE, 0) == ST_OK && st_store_lock(a, ST_LOCK_SHARED, 0) == ST_ERR_TIMEOUT);
    st_store_unlock(a, ST_LOCK_WRITE);
    st_store_unlock(a, ST_LOCK_WRITE);
    CHECK(st_store_lock(b, ST_LOCK_WRITE, 0) == ST_OK);
    st_store_unlock(b, ST_LOCK_EXCLUSIVE);
    CHECK(st_store_lock(b, ST_LOCK_SHARED, 0) == ST_OK && st_store_lock(a, ST_LOCK_SHARED, 0) == ST_OK);
    CHECK(st_store_lock(a, ST_LOCK_EXCLUSIVE, 0) == ST_ERR_TIMEOUT);
    st_store_close(b);
    CHECK(st_store_lock(a, ST_LOCK_WRITE, 0) == ST_OK);

    /* A child has neither the lock nor the power to give it back. */
    pid_t child = fork();
    if (child == 0) {
        int held = st_store_lock(a, ST_LOCK_WRITE, 0) == ST_ERR_TIMEOUT;
        st_store_unlock(a, ST_LOCK_WRITE);
        held = held && st_store_lock(a, ST_LOCK_WRITE, 0) == ST_ERR_TIMEOUT;
        _exit(held ? 0 : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    st_store_unlock(a, ST_LOCK_WRITE);

    /* Who holds it ends: it is free. */
    child = fork();
    if (child == 0) {
        _exit(st_store_lock(a, ST_LOCK_WRITE, 1000) == ST_OK ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(st_store_lock(a, ST_LOCK_WRITE, 1000) == ST_OK);
    remove_tree(device_file("TEST-1", ""));
    CHECK(st_store_open(&b, NULL, "TEST-1") == ST_ERR_NO_DEVICE);
    st_store_unlock(a, ST_LOCK_WRITE);
    CHECK(st_store_lock(a, ST_LOCK_WRITE, 0) == ST_ERR_NO_DEVICE);
    st_store_close(a);
}

/* ---- what others can reach --------------------------------------------------------------- */

/* A folder in which others can write, or that is another user's, is not used: the key in it might be known. */
static void folders_of_others(void) {
    char serial[ST_SERIAL_MAX + 1] = "";
    CHECK(st_store_create(NULL, QUICK "serial=OTHERS\n", serial) == ST_OK);
    const mode_t open_to_others[] = {0770, 0702, 0720, 0777};
    for (size_t i = 0; i < sizeof open_to_others / sizeof open_to_others[0]; i++) {
        CHECK(chmod(device_file(serial, "."), open_to_others[i]) == 0 && load_status(serial) == ST_ERR_READ);
        CHECK(st_store_create(NULL, QUICK "serial=OTHERS\nreplace=1\n", serial) == ST_ERR_READ);
    }
    CHECK(chmod(device_file(serial, "."), 0700) == 0 && load_status(serial) == ST_OK);
    if (geteuid() == 0) { /* only root can give a folder away */
        CHECK(chown(device_file(serial, "."), 1, 1) == 0 && load_status(serial) == ST_ERR_READ);
        CHECK(st_store_create(NULL, QUICK "serial=OTHERS\nreplace=1\n", serial) == ST_ERR_READ);
        CHECK(chown(device_file(serial, "."), 0, 0) == 0 && load_status(serial) == ST_OK);
    }
    remove_tree(device_file(serial, ""));
}

/* A process without descriptors still sees that its device is there: taken for pulled out, it would be logged out of.
 */
static void no_descriptors(void) {
    char serial[ST_SERIAL_MAX + 1] = "";
    struct rlimit before, none;
    CHECK(st_store_create(NULL, QUICK "serial=FULL\n", serial) == ST_OK && getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = (struct rlimit){0, before.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    int presence = st_store_presence(NULL, serial);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(presence == ST_PRESENT && st_store_presence(NULL, "NONE") == ST_UNKNOWN);
    remove_tree(device_file(serial, ""));
}

/* What may be a state is not written over, and its key stays: a link leads to the state, and a device of that serial
 * number is to be made while nothing can be written. */
static void states_moved_elsewhere(void) {
    char serial[ST_SERIAL_MAX + 1] = "", moved[512];
    uint8_t before[FILE_ROOM], after[FILE_ROOM];
    CHECK(st_store_create(NULL, QUICK "serial=MOVED\n", serial) == ST_OK);
    (void)snprintf(moved, sizeof moved, "%s/elsewhere", test_root);
    CHECK(rename(device_file(serial, "token"), moved) == 0 && symlink(moved, device_file(serial, "token")) == 0);
    size_t len = read_test_file(device_file(serial, "token.key"), before, sizeof before);
    CHECK(len == 32 && st_store_create(NULL, QUICK "serial=MOVED\n", serial) == ST_ERR_ARGUMENT);
    failing_point = ST_FAULT_WRITE;
    failing_error = ENOSPC;
    st_fault_hook = fail_at_point;
    CHECK(st_store_create(NULL, QUICK "serial=MOVED\nreplace=1\n", serial) == ST_ERR_WRITE);
    st_fault_hook = NULL;
    CHECK(read_test_file(device_file(serial, "token.key"), after, sizeof after) == len &&
          memcmp(before, after, len) == 0);
    CHECK(rename(moved, device_file(serial, "token")) == 0 && load_status(serial) == ST_OK);
    remove_tree(device_file(serial, ""));
}

/* A program with more rights than its caller: a copy of this one that runs as another user than root, who starts it. */
static void environments_of_others(const char *program) {
    char copy[512], command[1200];
    int status = -1;
    (void)snprintf(copy, sizeof copy, "%s/program", test_root);
    (void)snprintf(command, sizeof command, "cp '%s' '%s'", program, copy);
    CHECK(st_environment("GMPKI_SOFTTOKEN_DIR") != NULL && st_environment("GMPKI_NO_SUCH") == NULL);
    if (geteuid() != 0) {
        return; /* nobody else can make such a program */
    }
    CHECK(system(command) == 0 && chown(copy, 1, 1) == 0 && chmod(copy, 04755) == 0);
    CHECK(chmod(test_root, 0711) == 0);
    pid_t child = fork();
    if (child == 0) {
        (void)execl(copy, copy, "environment", (char *)NULL);
        _exit(2);
    }
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
        leave_out("cannot be started: a program with more rights than its caller"); /* built for another processor */
    } else {
        CHECK(status == 0);
    }
    CHECK(chmod(test_root, 0700) == 0);
}

/* What that copy answers; also 0 where the file system takes away the rights. */
static int answer_environment(void) {
    return getauxval(AT_SECURE) != 0 && st_environment("GMPKI_SOFTTOKEN_DIR") != NULL;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "environment") == 0) {
        _exit(answer_environment());
    }
    if (begin_root() != 0) {
        return 1;
    }
    making();
    making_again();
    listing();
    roots();
    damage();
    later_version();
    strange_files();
    saving();
    making_fails();
    locks();
    folders_of_others();
    no_descriptors();
    states_moved_elsewhere();
    environments_of_others(argv[0]);
    end_root();
    return finish();
}
