/* A device of the software token as a card: commands sent through SKF_Transmit, and what they answer. */
#ifndef GMPKI_TESTS_SOFTTOKEN_APDU_SUPPORT_H
#define GMPKI_TESTS_SOFTTOKEN_APDU_SUPPORT_H

#include "softtoken_folder.h"

#include "check.h"
#include "gmpki/rand.h"
#include "gmpki/skf.h"
#include "gmpki/sm2.h"
#include "gmpki/sm4.h"

#define APPLICATION "GMPKI-TEST"
#define USER_PIN "12345678"
#define ADMIN_PIN "87654321"

enum { ANSWER_MAX = 20000, COMMAND_MAX = 20000 };

static DEVHANDLE card;
static uint8_t answer[ANSWER_MAX];
static size_t answer_len; /* without the status word */

/* Send a command as it is, with room for room bytes of answer; the status word. */
static unsigned send_raw(const uint8_t *command, size_t len, size_t room) {
    ULONG got = (ULONG)room;
    ULONG code = SKF_Transmit(card, (BYTE *)command, (ULONG)len, answer, &got);
    CHECK(code == SAR_OK && got >= 2 && got <= room);
    if (code != SAR_OK || got < 2) {
        answer_len = 0;
        return 0;
    }
    answer_len = got - 2;
    return (unsigned)answer[got - 2] << 8 | answer[got - 1];
}

static inline unsigned send_hex(const char *text) {
    uint8_t command[512];
    size_t len = unhex(command, text);
    return send_raw(command, len, sizeof answer);
}

/* Send a command in the extended form; it expects any number of bytes. */
static unsigned send_command(unsigned cla, unsigned ins, unsigned p1, unsigned p2, const void *data, size_t len) {
    static uint8_t command[COMMAND_MAX];
    size_t at = 0;
    const unsigned header[] = {cla, ins, p1, p2, 0};
    for (; at < 5; at++) {
        command[at] = (uint8_t)header[at];
    }
    if (len != 0) {
        command[at++] = (uint8_t)(len >> 8);
        command[at++] = (uint8_t)len;
        memcpy(command + at, data, len);
        at += len;
    }
    command[at++] = 0; /* Le: all there is */
    command[at++] = 0;
    return send_raw(command, at, sizeof answer);
}

/* The same with a text behind numbers in hex. */
static inline unsigned send_named(unsigned ins, unsigned p1, const char *numbers, const char *text) {
    uint8_t data[256];
    size_t len = unhex(data, numbers);
    memcpy(data + len, text, strlen(text));
    return send_command(0x80, ins, p1, 0, data, len + strlen(text));
}

/* What is protected: the card's challenge and fields, encrypted to its key. */
static inline size_t protect(uint8_t *out, size_t room, const void *fields, size_t fields_len) {
    uint8_t plaintext[256];
    gmpki_sm2_public_key key;
    size_t len = 0;
    CHECK(send_hex("80f1000040") == 0x9000 && answer_len == 64);
    CHECK(gmpki_sm2_public_key_load(&key, answer, 64) == GMPKI_OK);
    CHECK(send_hex("8050000008") == 0x9000 && answer_len == 8);
    memcpy(plaintext, answer, 8);
    memcpy(plaintext + 8, fields, fields_len);
    CHECK(gmpki_sm2_encrypt(&key, out, room, &len, plaintext, 8 + fields_len, GMPKI_SM2_C1C3C2_BARE) == GMPKI_OK);
    return len;
}

/* Send a command with protected data behind the application's number (0: none). */
static inline unsigned send_protected(unsigned ins, unsigned p2, unsigned application, const void *fields,
                                      size_t fields_len) {
    uint8_t data[512];
    size_t at = 0;
    if (application != 0) {
        data[at++] = (uint8_t)(application >> 8);
        data[at++] = (uint8_t)application;
    }
    at += protect(data + at, sizeof data - at, fields, fields_len);
    return send_command(0x84, ins, 0, p2, data, at);
}

/* Texts, each behind its length. */
static inline size_t counted(uint8_t *out, const char *first, const char *second) {
    const char *texts[] = {first, second};
    size_t at = 0;
    for (size_t i = 0; i < 2 && texts[i] != NULL; i++) {
        out[at++] = (uint8_t)strlen(texts[i]);
        memcpy(out + at, texts[i], strlen(texts[i]));
        at += strlen(texts[i]);
    }
    return at;
}

static inline unsigned verify_pin(unsigned application, unsigned role, const char *pin) {
    uint8_t fields[128];
    return send_protected(0x18, role, application, fields, counted(fields, pin, NULL));
}

/* Authenticate to the card by its key (GM/T 0016-2012 8.2.3). */
static inline unsigned authenticate(const char *device_key) {
    uint8_t block[16] = {0};
    gmpki_sm4_key key;
    CHECK(send_hex("8050000008") == 0x9000);
    memcpy(block, answer, 8);
    CHECK(gmpki_sm4_key_init(&key, (const uint8_t *)device_key) == GMPKI_OK &&
          gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, block, block, 1) == GMPKI_OK);
    return send_command(0x80, 0x10, 0, 0, block, sizeof block);
}

/* A new device, connected to. */
static inline void begin_card(void) {
    char name[64];
    char settings[] = "pin_iterations=1\n";
    ULONG len = sizeof name;
    CHECK(begin_root() == 0);
    CHECK(SKF_SoftCreateDevice(NULL, settings, name, &len) == SAR_OK);
    CHECK(SKF_ConnectDev(name, &card) == SAR_OK);
}

static inline void end_card(void) {
    CHECK(SKF_DisConnectDev(card) == SAR_OK);
    end_root();
}

#endif /* GMPKI_TESTS_SOFTTOKEN_APDU_SUPPORT_H */
