/*
 * The software token's engine: what SKF, PKCS#11 and card commands are written on.
 *
 * A device is a folder (see store.h). Several processes may use it at once, so nothing here is named by a pointer into
 * the device's state: applications, containers and objects have ids, unique in their device and never used again. Each
 * function takes the device's lock, reads the state anew when another process wrote it, checks the rights, does its
 * work, and, where it changes something, has written it durably when it returns ST_OK. After any other answer nothing
 * has changed, except that a PIN try may be spent.
 *
 * Who has logged in is known to the process only, per application: every handle to the same application shares it, and
 * another process knows nothing of it. The SKF and the PKCS#11 library have each an engine of their own: to one another
 * they are as two processes.
 *
 * Strings are UTF-8 and end with NUL. An output that has a size takes NULL for "tell me the length": then *len is set
 * and ST_OK is the answer. Where *len (the room) is too small, *len receives the length needed and the answer is
 * ST_ERR_BUFFER. Lists count elements in the same way. Secrets are marked GMPKI_SECRET. Every function may be called
 * from any thread.
 *
 * A child that a process forks has the same devices open, but inherits neither logins nor the authentication nor the
 * exclusive use of a device.
 */
#ifndef GMPKI_SOFTTOKEN_ENGINE_H
#define GMPKI_SOFTTOKEN_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "gmpki/common.h"
#include "softtoken/crypto.h"
#include "softtoken/status.h"

enum {
    ST_NAME_MAX = 64, /* bytes of a container's name, without NUL; of an application's name: ST_APPLICATION_NAME_MAX */
    ST_APPLICATION_NAME_MAX = 32,
    ST_FILE_NAME_MAX = 32,
    ST_LABEL_MAX = 31,
    ST_SERIAL_MAX = 31,
    ST_PIN_MIN = 6, /* GM/T 0016-2012: at least 6 bytes */
    ST_PIN_MAX = 64,
    ST_TRIES_MAX = 15,
    ST_CERTIFICATE_MAX = 8192,
    ST_BLOB_MAX = 16384, /* a generic object */
    ST_LIST_MAX = 256    /* devices, at most */
};

typedef struct st_device st_device; /* an open device; counted, one for each folder and process */

enum st_role { ST_ADMIN = 0, ST_USER = 1 };
enum st_rights { ST_NEVER = 0x00, ST_BY_ADMIN = 0x01, ST_BY_USER = 0x10, ST_BY_ANYONE = 0xFF };
enum st_usage { ST_SIGNING = 0, ST_ENCRYPTION = 1 };
enum st_key_kind { ST_NO_KEY = 0, ST_RSA = 1, ST_SM2 = 2 };
enum st_device_state { ST_ABSENT = 0, ST_PRESENT = 1, ST_UNKNOWN = 2 };
enum st_event { ST_INSERTED = 1, ST_REMOVED = 2 };

/* ---- devices --------------------------------------------------------------------------- */

typedef struct st_device_info {
    char label[ST_LABEL_MAX + 1];
    char serial[ST_SERIAL_MAX + 1];
    uint32_t total_space, free_space; /* bytes for the user */
    uint32_t max_applications, max_containers, max_session_keys;
    uint32_t applications;
} st_device_info;

/*
 * Make a device in the folder root (NULL: the default root, see store.h) with settings, lines of name=value as
 * store.h lists them. serial receives its serial number, which is its name. ST_ERR_ARGUMENT for a setting that is
 * unknown or has a wrong value.
 */
ST_CHECKED enum st_status st_device_create(const char *root, const char *settings, char serial[ST_SERIAL_MAX + 1]);

/* The serial numbers of the devices under the default root, sorted; with present_only those not pulled out. */
ST_CHECKED enum st_status st_device_list(int present_only, char (*serials)[ST_SERIAL_MAX + 1], size_t *count);

ST_CHECKED enum st_status st_device_state(const char *serial, int *state);

/* Open a device; each open needs one close. ST_ERR_NO_DEVICE, or ST_ERR_REMOVED when it is pulled out. The last close
 * of a process forgets logins, device authentication and the lock. What was seen pulled out stays so for those who had
 * it open, though it be put in again: they close, and open anew. Who closes a device sees to it that none of his other
 * threads is using this opening of it. */
ST_CHECKED enum st_status st_device_open(const char *serial, st_device **device);
void st_device_close(st_device *device);

ST_CHECKED enum st_status st_device_get_info(st_device *device, st_device_info *info);
ST_CHECKED enum st_status st_device_set_label(st_device *device, const char *label);

/* Random bytes; exactly 8 of them also become the challenge of st_device_authenticate. */
ST_CHECKED enum st_status st_device_random(st_device *device, uint8_t *data, size_t len);

/* response is SM4-ECB of the last challenge, filled with zeros to 16 bytes, under the device key (GM/T 0016-2012
 * 8.2.3). The challenge is used up, whatever the answer. */
ST_CHECKED enum st_status st_device_authenticate(st_device *device, const uint8_t response[16]);
ST_CHECKED enum st_status st_device_change_key(st_device *device,
                                               GMPKI_SECRET const uint8_t key[16]); /* needs the authentication */

/*
 * The exclusive use of a device. owner (not NULL) tells handles of this process apart; who has it already gets ST_OK.
 * Whoever is not the owner waits in every other function of the engine, at most 30 s, and gets ST_ERR_TIMEOUT then.
 * timeout_ms 0xFFFFFFFF waits for ever. Unlocking answers ST_ERR_STATE to who is not the owner.
 */
ST_CHECKED enum st_status st_device_lock(st_device *device, const void *owner, uint32_t timeout_ms);
ST_CHECKED enum st_status st_device_unlock(st_device *device, const void *owner);
/* Whose call this is, until the next one: the front doors call it first. NULL: nobody in particular. */
void st_caller(const void *owner);

/* Block until a device is put in or pulled out; then its serial number and the event. What happens between two waits
 * is told by the second one, and each event to one thread only. ST_ERR_NO_EVENT after st_event_cancel, which ends the
 * waiting of all threads of this process and forgets what was not told. */
ST_CHECKED enum st_status st_event_wait(char serial[ST_SERIAL_MAX + 1], int *event);
void st_event_cancel(void);

/* ---- applications and PINs ------------------------------------------------------------- */

/* user_pin NULL: to be set with st_pin_init. Needs the authentication of the device unless by_format is 1: PKCS#11
 * formats a token without it. create_rights: who may create files. */
ST_CHECKED enum st_status st_application_create(st_device *device, const char *name, GMPKI_SECRET const char *admin_pin,
                                                uint32_t admin_tries, GMPKI_SECRET const char *user_pin,
                                                uint32_t user_tries, uint32_t create_rights, int by_format,
                                                uint32_t *application);
ST_CHECKED enum st_status st_application_delete(st_device *device,
                                                const char *name); /* needs the authentication of the device */
/* Empty an application and give it a new name, keeping its admin PIN, which is asked: C_InitToken. */
ST_CHECKED enum st_status st_application_format(st_device *device, uint32_t application, const char *name,
                                                GMPKI_SECRET const char *admin_pin, uint32_t *tries_left);
ST_CHECKED enum st_status st_application_find(st_device *device, const char *name, uint32_t *application);
ST_CHECKED enum st_status st_application_name(st_device *device, uint32_t application,
                                              char name[ST_APPLICATION_NAME_MAX + 1]);
/* Who may create files in it. */
ST_CHECKED enum st_status st_application_create_rights(st_device *device, uint32_t application,
                                                       uint32_t *create_rights);
/* ids in the order of their making; at most *count, which receives how many there are. */
ST_CHECKED enum st_status st_application_list(st_device *device, uint32_t *applications, size_t *count);

typedef struct st_pin_info {
    uint32_t max_tries, tries_left; /* tries_left 0: locked */
    int is_default;                 /* still the one given when the application was made */
    int is_set;
} st_pin_info;

ST_CHECKED enum st_status st_pin_get_info(st_device *device, uint32_t application, int role, st_pin_info *info);
/* tries_left (may be NULL) is set after ST_OK, ST_ERR_PIN_INCORRECT and ST_ERR_PIN_LOCKED, the answer to the wrong PIN
 * that spends the last try. The try is spent, durably, before the PIN is looked at; success gives all back. A login
 * ends when its PIN is changed by somebody else, the user's also when the administrator gives a new PIN. */
ST_CHECKED enum st_status st_pin_verify(st_device *device, uint32_t application, int role, GMPKI_SECRET const char *pin,
                                        uint32_t *tries_left);
ST_CHECKED enum st_status st_pin_change(st_device *device, uint32_t application, int role,
                                        GMPKI_SECRET const char *old_pin, GMPKI_SECRET const char *new_pin,
                                        uint32_t *tries_left);
ST_CHECKED enum st_status st_pin_unblock(st_device *device, uint32_t application, GMPKI_SECRET const char *admin_pin,
                                         GMPKI_SECRET const char *new_user_pin, uint32_t *tries_left);
/* Set the user PIN as the administrator who has logged in: C_InitPIN. */
ST_CHECKED enum st_status st_pin_init(st_device *device, uint32_t application, GMPKI_SECRET const char *user_pin);
ST_CHECKED enum st_status st_logout(st_device *device, uint32_t application);
/* Bits (1 << role) of who has logged in. */
ST_CHECKED enum st_status st_login_state(st_device *device, uint32_t application, unsigned *roles);

/* ---- files ----------------------------------------------------------------------------- */

typedef struct st_file_info {
    char name[ST_FILE_NAME_MAX + 1];
    uint32_t size, read_rights, write_rights;
} st_file_info;

ST_CHECKED enum st_status st_file_create(st_device *device, uint32_t application, const char *name, uint32_t size,
                                         uint32_t read_rights, uint32_t write_rights);
ST_CHECKED enum st_status st_file_delete(st_device *device, uint32_t application, const char *name);
ST_CHECKED enum st_status st_file_list(st_device *device, uint32_t application, st_file_info *files, size_t *count);
ST_CHECKED enum st_status st_file_get_info(st_device *device, uint32_t application, const char *name,
                                           st_file_info *info);
/* *len: room in, bytes read out: fewer than asked at the end of the file; ST_ERR_FILE_RANGE when offset is beyond it.
 */
ST_CHECKED enum st_status st_file_read(st_device *device, uint32_t application, const char *name, uint32_t offset,
                                       uint8_t *data, size_t *len);
ST_CHECKED enum st_status st_file_write(st_device *device, uint32_t application, const char *name, uint32_t offset,
                                        const uint8_t *data, size_t len);

/* ---- containers ------------------------------------------------------------------------ */

typedef struct st_container_info {
    char name[ST_NAME_MAX + 1];
    int kind;                  /* of the signing pair, else of the encryption pair: enum st_key_kind */
    int key_kind[2];           /* for each usage */
    size_t certificate_len[2]; /* 0: none */
} st_container_info;

ST_CHECKED enum st_status st_container_create(st_device *device, uint32_t application, const char *name,
                                              uint32_t *container);
ST_CHECKED enum st_status st_container_delete(st_device *device, uint32_t application, uint32_t container);
ST_CHECKED enum st_status st_container_find(st_device *device, uint32_t application, const char *name,
                                            uint32_t *container);
ST_CHECKED enum st_status st_container_list(st_device *device, uint32_t application, uint32_t *containers,
                                            size_t *count);
ST_CHECKED enum st_status st_container_get_info(st_device *device, uint32_t application, uint32_t container,
                                                st_container_info *info);

/* A certificate is kept as it comes: one DER SEQUENCE and nothing behind it, else ST_ERR_INPUT. len 0 removes it. No
 * login is needed, as most drivers have it. */
ST_CHECKED enum st_status st_certificate_set(st_device *device, uint32_t application, uint32_t container, int usage,
                                             const uint8_t *der, size_t len);
ST_CHECKED enum st_status st_certificate_get(st_device *device, uint32_t application, uint32_t container, int usage,
                                             uint8_t *der, size_t *len);

/* What PKCS#11 keeps about the pair and the certificate of a usage; opaque, at most ST_BLOB_MAX bytes. */
ST_CHECKED enum st_status st_attributes_set(st_device *device, uint32_t application, uint32_t container, int usage,
                                            const uint8_t *blob, size_t len);
ST_CHECKED enum st_status st_attributes_get(st_device *device, uint32_t application, uint32_t container, int usage,
                                            uint8_t *blob, size_t *len);

/* ---- keys in containers: the user must have logged in, unless only the public key is wanted ---- */

typedef struct st_public_key {
    int kind;          /* enum st_key_kind */
    uint8_t point[64]; /* SM2: x, y */
    st_rsa_public_key rsa;
} st_public_key;

/* A new pair replaces the old one of that usage, and with it its certificate. */
ST_CHECKED enum st_status st_key_generate_sm2(st_device *device, uint32_t application, uint32_t container, int usage,
                                              st_public_key *key);
ST_CHECKED enum st_status st_key_generate_rsa(st_device *device, uint32_t application, uint32_t container, int usage,
                                              uint32_t bits, st_public_key *key);
/* The public key is computed and, when point is not NULL, must be it (ST_ERR_INPUT). */
ST_CHECKED enum st_status st_key_import_sm2(st_device *device, uint32_t application, uint32_t container, int usage,
                                            GMPKI_SECRET const uint8_t d[32], const uint8_t *point);
ST_CHECKED enum st_status st_key_import_rsa(st_device *device, uint32_t application, uint32_t container, int usage,
                                            GMPKI_SECRET const st_rsa_key *key);
ST_CHECKED enum st_status st_key_delete(st_device *device, uint32_t application, uint32_t container, int usage);
/* Nobody need log in. ST_ERR_NO_KEY. */
ST_CHECKED enum st_status st_key_public(st_device *device, uint32_t application, uint32_t container, int usage,
                                        st_public_key *key);

/* All of them: ST_ERR_LOGIN, ST_ERR_NO_KEY, ST_ERR_KEY_USAGE for a pair of the other kind. Which usage may do what is
 * the front doors' business. */
/* e of 32 bytes to r, s. */
ST_CHECKED enum st_status st_key_sm2_sign(st_device *device, uint32_t application, uint32_t container, int usage,
                                          const uint8_t digest[32], uint8_t signature[64]);
/* ciphertext is x, y, C3, C2 (GMPKI_SM2_C1C3C2_BARE); *len: room in, length out. */
ST_CHECKED enum st_status st_key_sm2_decrypt(st_device *device, uint32_t application, uint32_t container, int usage,
                                             const uint8_t *ciphertext, size_t ciphertext_len, uint8_t *plaintext,
                                             size_t *len);
/* One side of the key exchange (GB/T 32918.3), as gmpki_sm2_exchange; own za from own_id. */
ST_CHECKED enum st_status st_key_sm2_exchange(st_device *device, uint32_t application, uint32_t container, int usage,
                                              int role, GMPKI_SECRET const uint8_t ephemeral[32], const uint8_t *own_id,
                                              size_t own_id_len, const uint8_t peer[64],
                                              const uint8_t peer_ephemeral[64], const uint8_t *peer_id,
                                              size_t peer_id_len, uint8_t *key, size_t key_len);
/* Plain d * peer. */
ST_CHECKED enum st_status st_key_sm2_ecdh(st_device *device, uint32_t application, uint32_t container, int usage,
                                          const uint8_t peer[64], uint8_t shared[64]);
/* The bare private operation: a number of bits / 8 bytes (ST_ERR_INPUT_LEN otherwise) below n (ST_ERR_INPUT) becomes
 * another. Padding is of crypto.h and its callers. in may be out. */
ST_CHECKED enum st_status st_key_rsa_private(st_device *device, uint32_t application, uint32_t container, int usage,
                                             const uint8_t *in, size_t in_len, uint8_t *out);
/* PKCS#1 v1.5 signature of data as it is, at most bits / 8 - 11 bytes (ST_ERR_INPUT_LEN). */
ST_CHECKED enum st_status st_key_rsa_sign(st_device *device, uint32_t application, uint32_t container, int usage,
                                          uint8_t *out, size_t *out_len, const uint8_t *data, size_t len);
/* PKCS#1 v1.5 decryption. ST_ERR_DECRYPT for wrong padding of any kind; the size answered to a query is a bound. */
ST_CHECKED enum st_status st_key_rsa_decrypt(st_device *device, uint32_t application, uint32_t container, int usage,
                                             uint8_t *out, size_t *out_len, const uint8_t *data, size_t len);

/* ---- generic objects (PKCS#11) --------------------------------------------------------- */

/* Private ones need the user, for reading too. Blobs are opaque. */
ST_CHECKED enum st_status st_object_create(st_device *device, uint32_t application, int is_private,
                                           GMPKI_SECRET const uint8_t *blob, size_t len, uint32_t *object);
ST_CHECKED enum st_status st_object_replace(st_device *device, uint32_t application, uint32_t object,
                                            GMPKI_SECRET const uint8_t *blob, size_t len);
ST_CHECKED enum st_status st_object_delete(st_device *device, uint32_t application, uint32_t object);
/* Those that may be seen now. */
ST_CHECKED enum st_status st_object_list(st_device *device, uint32_t application, uint32_t *objects, size_t *count);
ST_CHECKED enum st_status st_object_get(st_device *device, uint32_t application, uint32_t object, uint8_t *blob,
                                        size_t *len);

/* A number that changes whenever the state of the device on disk does: front doors that cache look at it. */
ST_CHECKED enum st_status st_device_generation(st_device *device, uint64_t *generation);

#endif /* GMPKI_SOFTTOKEN_ENGINE_H */
