/*
 * What every SKF entry point begins and ends with: handles, who calls, and the answer in SKF's codes.
 *
 * A handle is a number, not an address: it is looked up before anything is touched, so one that is NULL, closed, of
 * another class or not from here at all is SAR_INVALIDHANDLEERR and never a crash (GM/T 0016-2012 5.2 leaves open what
 * a handle is). Numbers are not given twice in the life of a process, where a pointer has 64 bits.
 */
#ifndef GMPKI_SOFTTOKEN_SKF_SESSION_H
#define GMPKI_SOFTTOKEN_SKF_SESSION_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "gmpki/skf.h"
#include "softtoken/apdu.h"
#include "softtoken/crypto.h"
#include "softtoken/engine.h"

enum st_skf_kind {
    ST_SKF_DEVICE = 1,
    ST_SKF_APPLICATION = 2,
    ST_SKF_CONTAINER = 4,
    ST_SKF_KEY = 8,
    ST_SKF_DIGEST = 16,
    ST_SKF_MAC = 32,
    ST_SKF_AGREEMENT = 64
};

/* A session key (skf_key.c, skf_cipher.c). */
typedef struct st_skf_key {
    uint32_t algorithm; /* SGD_* with its mode */
    uint8_t value[ST_MAX_CIPHER_KEY_LEN];
    size_t len;
    st_cipher *encryption, *decryption; /* since the last Init of each, else NULL */
} st_skf_key;

/* The initiator's half of an agreement (skf_agreement.c). */
typedef struct st_skf_agreement {
    uint32_t algorithm; /* of the key to come */
    int usage;          /* which pair of the container takes part */
    uint8_t ephemeral[32];
    uint8_t id[32];
    size_t id_len;
    int used;
} st_skf_agreement;

/* What a handle names. */
typedef struct st_skf_object st_skf_object;
struct st_skf_object {
    enum st_skf_kind kind;
    unsigned references;       /* the table's, one of each child and of each call under way; under the table's lock */
    st_skf_object *parent;     /* what it was opened from, and is closed with; NULL for a device */
    st_skf_object *connection; /* its device handle, which is who calls, as far as SKF_LockDev goes */
    st_skf_object *next;       /* while several are being closed */
    int open;                  /* it has a handle; under the table's lock */
    st_device *device;
    uint32_t application, container; /* ids, where the kind has them */
    pthread_mutex_t lock;            /* of what follows: two threads may use one session key */
    union {
        st_skf_key key;
        st_digest *digest;
        st_mac *mac;
        st_skf_agreement agreement;
        st_apdu_session *card; /* of a device, since its first SKF_Transmit */
    } as;
};

/* The object of a handle, for one call; NULL when the handle is not one of these kinds (a sum). Tells the engine who
 * calls. */
st_skf_object *st_skf_enter(HANDLE handle, unsigned kinds);

/* End the call: the code for its status. */
ULONG st_skf_leave(st_skf_object *object, enum st_status status);

/* Make an object below another; NULL for lack of memory. It belongs to the caller until st_skf_publish. */
st_skf_object *st_skf_new(enum st_skf_kind kind, st_skf_object *parent);

/*
 * Give an object its handle. ST_ERR_NO_ROOM when the process has too many, or its device already limit objects of this
 * kind; then, and after every other failure, the object is gone.
 */
enum st_status st_skf_publish(st_skf_object *object, size_t limit, HANDLE *handle);

/* Drop an object that was not published. */
void st_skf_discard(st_skf_object *object);

/* Close a handle and all that was opened from it. */
ULONG st_skf_close(HANDLE handle, unsigned kinds);

/* Whether the device is still there and free to use: for calls that ask nothing else of the engine. */
enum st_status st_skf_touch(const st_skf_object *object);

/* What a device says of itself (skf_device.c). */
void st_skf_info_write(DEVINFO *target, const st_device_info *info);

/* ---- answers (skf_answer.c) ------------------------------------------------------------ */

/* The one table from the engine's statuses to SKF's codes. */
ULONG st_skf_code(enum st_status status);

/* Report a length after a call that negotiates it: with ST_OK and ST_ERR_BUFFER. */
enum st_status st_skf_length(ULONG *target, size_t len, enum st_status status);

/* Answer len bytes where the caller may ask for the size. */
enum st_status st_skf_bytes(BYTE *target, ULONG *target_len, const void *data, size_t len);

/*
 * Answer count names, each at stride bytes behind the one before: a list whose names end with NUL, and the list with
 * one more (7.1.4). No names make one NUL.
 */
enum st_status st_skf_names(LPSTR target, ULONG *size, const char *names, size_t stride, size_t count);

#endif /* GMPKI_SOFTTOKEN_SKF_SESSION_H */
