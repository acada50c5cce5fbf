/*
 * Devices on disk.
 *
 * The root folder is GMPKI_SOFTTOKEN_DIR, else $XDG_DATA_HOME/gmpki/tokens, else ~/.local/share/gmpki/tokens. Each
 * device is a folder in it, named by its serial number (letters, digits, "-", "_", "."; no "." at the beginning), 0700,
 * with these files, 0600:
 *
 *   token      the whole state; replaced as one (see below)
 *   token.key  32 random bytes, made once. HKDF-SM3 with the serial number as salt gives the key of the MAC
 *              (info "gmpki softtoken mac") and the store's key (info "gmpki softtoken seal"), under which stands what
 *              nobody must log in for
 *   lock       flock: held by whoever changes the state
 *   exclusive  flock: held while a process has locked the device for itself
 *   absent     while it exists the device is pulled out
 *
 * A device's folder belongs to the user of the process, and nobody else may write in it: another one answers
 * ST_ERR_READ. In a program with more rights than its caller (setuid) the environment names no root.
 *
 * A folder without `token` is no device: it is what a creation left that did not end.
 *
 * The file token, numbers big endian:
 *
 *   magic      8 bytes "GMPKITOK"
 *   version    4 bytes, 1
 *   length     4 bytes: of the body, at most ST_BODY_MAX
 *   generation 8 bytes: one more with each save
 *   mac        32 bytes: HMAC-SM3 of everything above and of the body
 *   body       codec.c
 *
 * The header is the same in every version, so the MAC is checked first: whatever was changed or cut off answers
 * ST_ERR_DAMAGED, and only a whole file of a later version ST_ERR_NOT_SUPPORTED. The MAC names the state, too: a
 * process has seen the newest one exactly when the header on disk is the one it read.
 *
 * A save writes token.new, syncs it, renames it over token and syncs the folder: a process that is killed, a machine
 * that stops, or a disk that is full leaves the state before or the state after. What files cannot keep off: somebody
 * who copies the folder may guess PINs elsewhere, and may put an old copy back.
 */
#ifndef GMPKI_SOFTTOKEN_STORE_H
#define GMPKI_SOFTTOKEN_STORE_H

#include "softtoken/model.h"

typedef struct st_store st_store; /* the folder of one device, its keys, its locks; one thread at a time */

/* ---- store.c ---------------------------------------------------------------------------- */

/*
 * Make a device. settings (NULL: none) are lines `name=value`, each name at most once; empty lines are nothing:
 *
 *   profile=ukey-128k | ukey-64k    what the others begin with; ukey-128k unless told
 *   serial           1 .. 31 characters; 16 random hexadecimal digits unless told
 *   label            1 .. 31 bytes of UTF-8; SOFTWARE TOKEN unless told
 *   device_key       32 hexadecimal digits; the bytes of "1234567812345678" unless told
 *   pin_cost_ms      1 .. 10000; 100 unless told: what trying a PIN shall cost, measured now
 *   pin_iterations   1 .. ST_ITERATIONS_MAX: that cost given directly, instead
 *   max_applications 1 .. 64; max_containers 1 .. 64 (in an application); max_session_keys 1 .. 1024
 *   total_space      1024 .. 4194304 bytes; pin_tries 1 .. 15
 *   replace          0 | 1: whether a device with this serial number may be there and gives way to the new one
 *
 * ST_ERR_ARGUMENT for anything else, and for a serial number that is taken; ST_ERR_WRITE, ST_ERR_RANDOM,
 * ST_ERR_TIMEOUT, ST_ERR_MEMORY. root NULL: the default.
 */
ST_CHECKED enum st_status st_store_create(const char *root, const char *settings, char serial[ST_SERIAL_MAX + 1]);

/* The serial numbers of devices in a root (NULL: the default), sorted; a root that is not there has none. *count is
 * the room and receives how many there are; serials may be NULL. At most ST_LIST_MAX are seen. */
ST_CHECKED enum st_status st_store_list(const char *root, char (*serials)[ST_SERIAL_MAX + 1], size_t *count);
/* ST_ABSENT, ST_PRESENT, or ST_UNKNOWN when there is no such device. */
int st_store_presence(const char *root, const char *serial);

/* ST_ERR_NO_DEVICE, ST_ERR_READ, ST_ERR_DAMAGED (token.key), ST_ERR_MEMORY. Does not ask whether it is pulled out. */
ST_CHECKED enum st_status st_store_open(st_store **store, const char *root, const char *serial);
/* Gives back its locks. NULL may be closed. */
void st_store_close(st_store *store);
int st_store_is_absent(const st_store *store);
/* The store's key, cleansed by st_store_close. */
const uint8_t *st_store_key(const st_store *store);

/* Read the state. ST_ERR_NO_DEVICE when the device is gone, ST_ERR_READ, ST_ERR_DAMAGED, ST_ERR_NOT_SUPPORTED,
 * ST_ERR_MEMORY. The caller frees the model. */
ST_CHECKED enum st_status st_store_load(st_store *store, st_model **model);
/* Whether the state on disk is still the one last loaded or saved through this store. Also 0 when it cannot be read. */
int st_store_is_current(const st_store *store);
/*
 * Write the state under ST_LOCK_WRITE, which the caller holds since it loaded the model. ST_ERR_NO_ROOM when it is more
 * than the device holds, ST_ERR_WRITE, ST_ERR_NO_DEVICE, ST_ERR_MEMORY. After an error the model in memory is not what
 * is on disk: load it anew. (When only the last step fails, the sync of the folder, the new state may be there.)
 */
ST_CHECKED enum st_status st_store_save(st_store *store, st_model *model);

/* ---- store_lock.c ----------------------------------------------------------------------- */

enum st_lock_kind {
    ST_LOCK_WRITE = 0, /* file lock: one holder */
    ST_LOCK_SHARED,    /* file exclusive: any number of holders, or ... */
    ST_LOCK_EXCLUSIVE, /* ... file exclusive: one holder */
    ST_LOCK_KINDS
};

/* Take a lock that this store does not hold, waiting at most timeout_ms (0xFFFFFFFF: for ever). ST_ERR_TIMEOUT,
 * ST_ERR_NO_DEVICE, ST_ERR_WRITE. Locks end with the process that holds them, however it ends; a child made by fork
 * has none of them and must open the store for itself. */
ST_CHECKED enum st_status st_store_lock(st_store *store, int kind, uint32_t timeout_ms);
void st_store_unlock(st_store *store, int kind);
/* In a child made by fork: let go of what the parent's threads hold through this store, which is used no more. Its
 * memory stays, since one of them may have been at work in it. NULL may be let go. */
void st_store_abandon(st_store *store);

/* ---- store_files.c: used by the above ---------------------------------------------------- */

/* The places where a save can be cut off, in their order; the tests do so (store_files.c, test build only). */
enum st_fault_point {
    ST_FAULT_OPEN = 0,
    ST_FAULT_WRITE, /* before each piece */
    ST_FAULT_SYNC,
    ST_FAULT_RENAME,
    ST_FAULT_SYNC_FOLDER,
    ST_FAULT_DONE,
    ST_FAULT_POINTS
};

#ifdef GMPKI_TEST_BUILD
/* Called at each point; may not return, or may return an errno with which the step shall fail, or 0. */
extern int (*st_fault_hook)(int point);
#endif

/* Replace a file in an open folder by data, durably, whole or not at all: through NAME.new. 0 or -1 with errno. */
ST_CHECKED int st_replace_file(int folder, const char *name, const uint8_t *data, size_t len);
/* Read a regular file of at most max bytes. 0 or -1 with errno; EFBIG when it is longer. */
ST_CHECKED int st_read_file(int folder, const char *name, size_t max, st_bytes *data);

#endif /* GMPKI_SOFTTOKEN_STORE_H */
