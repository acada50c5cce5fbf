/* What the commands of the card share: the session, a command taken apart, fields in and out. */
#ifndef GMPKI_SOFTTOKEN_APDU_SESSION_H
#define GMPKI_SOFTTOKEN_APDU_SESSION_H

#include "gmpki/common.h"
#include "gmpki/sm2.h"
#include "softtoken/apdu.h"
#include "softtoken/engine.h"

enum {
    ST_APDU_DATA_MAX = 16384, /* bytes of a command's data, chained or not, and of an answer */
    ST_APDU_APPLICATIONS = 16,
    ST_APDU_CONTAINERS = 64,
    ST_APDU_KEYS = 16,
    ST_APDU_CHALLENGE_LEN = 8
};

typedef struct st_apdu_fields {
    const uint8_t *at;
    size_t left;
} st_apdu_fields;

/* A command whose parts are found: whose application and container it names, and the data behind that. */
typedef struct st_apdu_command {
    uint8_t cla, ins, p1, p2;
    st_apdu_fields data;
    size_t le; /* 0: no answer is expected */
    uint32_t application, container;
    size_t application_slot, container_slot;
} st_apdu_command;

/* An application or a container that has a number of 16 bits: its place and 1. */
typedef struct st_apdu_opened {
    int used;
    uint32_t id;
    size_t application_slot; /* of a container */
} st_apdu_opened;

enum { ST_APDU_ENCRYPTING, ST_APDU_DECRYPTING };

/* A session key, and what is being done with it. */
typedef struct st_apdu_key {
    int used;
    uint32_t algorithm; /* SGD_* with its mode */
    uint8_t value[ST_MAX_CIPHER_KEY_LEN];
    size_t len;
    st_cipher *cipher[2]; /* since the last Init of each direction, else NULL */
    st_mac *mac;
} st_apdu_key;

struct st_apdu_session {
    st_device *device;
    st_apdu_opened applications[ST_APDU_APPLICATIONS];
    st_apdu_opened containers[ST_APDU_CONTAINERS];
    st_apdu_key keys[ST_APDU_KEYS];
    st_digest *digest;
    uint8_t challenge[ST_APDU_CHALLENGE_LEN]; /* the last random number of this length; used once */
    int has_challenge;
    gmpki_sm2_private_key transport_key; /* made when first asked for */
    int has_transport_key;
    uint32_t tries_left; /* after a PIN that was wrong */
    uint8_t chained[4];  /* CLA, INS, P1, P2 of a chain that is not at its end */
    int is_chaining;
    size_t data_len;
    size_t answer_len, answered; /* of answer, how much there is and how much was given out */
    uint8_t data[ST_APDU_DATA_MAX];
    uint8_t answer[ST_APDU_DATA_MAX];
};

typedef enum st_status (*st_apdu_handler)(st_apdu_session *session, st_apdu_command *command);

/* ---- the table (apdu_table.c) ---------------------------------------------------------- */

enum st_apdu_level { ST_APDU_ON_DEVICE, ST_APDU_ON_APPLICATION, ST_APDU_ON_CONTAINER };

typedef struct st_apdu_entry {
    uint8_t ins;
    uint8_t cla; /* 0x84 where the data are protected, see apdu_protection.c */
    uint8_t p1_max, p2_max;
    uint8_t level; /* enum st_apdu_level: which numbers the data begin with */
    st_apdu_handler handler;
} st_apdu_entry;

/* NULL for a command that this card does not have. */
const st_apdu_entry *st_apdu_find(uint8_t ins);

/* The status word for a status; tries_left for a wrong PIN. */
uint16_t st_apdu_status_word(enum st_status status, uint32_t tries_left);

/* ---- fields (apdu_fields.c) ------------------------------------------------------------ */

/* Take fields off the front. ST_ERR_INPUT_LEN when the data end before. */
ST_CHECKED enum st_status st_apdu_take(st_apdu_fields *fields, const uint8_t **data, size_t len);
ST_CHECKED enum st_status st_apdu_take_number(st_apdu_fields *fields, size_t width, uint32_t *number);
/* A text of len bytes; a NUL in it is ST_ERR_NAME, more than max bytes too. text has room for max + 1. */
ST_CHECKED enum st_status st_apdu_take_text(st_apdu_fields *fields, size_t len, char *text, size_t max);
/* The same, its length in the byte before it. */
ST_CHECKED enum st_status st_apdu_take_counted(st_apdu_fields *fields, char *text, size_t max);
/* ST_ERR_INPUT_LEN unless nothing is left. */
ST_CHECKED enum st_status st_apdu_at_end(const st_apdu_fields *fields);

/* Put fields behind what is in the answer. ST_ERR_NO_ROOM when they do not fit. */
ST_CHECKED enum st_status st_apdu_put(st_apdu_session *session, const void *data, size_t len);
ST_CHECKED enum st_status st_apdu_put_number(st_apdu_session *session, size_t width, uint32_t number);
/* A text and the NUL behind it. */
ST_CHECKED enum st_status st_apdu_put_text(st_apdu_session *session, const char *text);
/* SM2: the bits, x, y. RSA: the bits, the modulus, the exponent of 4 bytes. */
ST_CHECKED enum st_status st_apdu_put_key(st_apdu_session *session, const st_public_key *key);

/* ---- protected data (apdu_protection.c) ------------------------------------------------ */

enum { ST_APDU_PROTECTED_MAX = 512 };
/* Decrypt protected data into plaintext, of which fields then are; the caller cleanses it. The challenge is used up,
 * whatever comes of it. */
ST_CHECKED enum st_status st_apdu_unprotect(st_apdu_session *session, const st_apdu_fields *data,
                                            uint8_t plaintext[ST_APDU_PROTECTED_MAX], st_apdu_fields *fields);

/* ---- commands -------------------------------------------------------------------------- */

/* apdu_device.c */
enum st_status st_apdu_set_label(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_get_info(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_random(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_authenticate(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_change_key(st_apdu_session *session, st_apdu_command *command);
/* apdu_protection.c */
enum st_status st_apdu_transport_key(st_apdu_session *session, st_apdu_command *command);
/* apdu_pin.c */
enum st_status st_apdu_pin_info(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_pin_change(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_pin_verify(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_pin_unblock(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_logout(st_apdu_session *session, st_apdu_command *command);
/* apdu_application.c */
enum st_status st_apdu_application_create(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_application_list(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_application_delete(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_application_open(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_application_close(st_apdu_session *session, st_apdu_command *command);
/* apdu_file.c */
enum st_status st_apdu_file_create(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_file_delete(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_file_list(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_file_info(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_file_read(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_file_write(st_apdu_session *session, st_apdu_command *command);
/* apdu_container.c */
enum st_status st_apdu_container_create(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_container_open(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_container_close(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_container_list(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_container_delete(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_container_info(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_certificate_import(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_certificate_export(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_public_key(st_apdu_session *session, st_apdu_command *command);
/* apdu_sm2.c */
enum st_status st_apdu_sm2_generate(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_sm2_import(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_sm2_sign(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_sm2_verify(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_sm2_encrypt(st_apdu_session *session, st_apdu_command *command);
/* apdu_digest.c */
enum st_status st_apdu_digest_init(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_digest(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_digest_update(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_digest_final(st_apdu_session *session, st_apdu_command *command);
/* apdu_key.c */
void st_apdu_key_clear(st_apdu_key *key);
enum st_status st_apdu_key_export(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_key_import(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_key_destroy(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_cipher_init(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_cipher_whole(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_cipher_update(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_cipher_final(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_mac_init(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_mac_whole(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_mac_update(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_mac_final(st_apdu_session *session, st_apdu_command *command);
/* apdu_rsa.c */
enum st_status st_apdu_rsa_generate(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_rsa_sign(st_apdu_session *session, st_apdu_command *command);
enum st_status st_apdu_rsa_verify(st_apdu_session *session, st_apdu_command *command);

#endif /* GMPKI_SOFTTOKEN_APDU_SESSION_H */
