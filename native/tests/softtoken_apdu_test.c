/*
 * Card commands of the software token: the forms of commands and answers, each command in its order and out of it, and
 * bytes that are no commands at all.
 */
#include "softtoken_apdu_support.h"

/* ---- forms ----------------------------------------------------------------------------- */

static void test_forms(void) {
    CHECK(send_hex("8004000000") == 0x6120 && answer_len == 256); /* 288 bytes: the rest waits */
    CHECK(send_hex("00c0000010") == 0x6110 && answer_len == 16);
    CHECK(send_hex("00c0000000") == 0x9000 && answer_len == 16);
    CHECK(send_hex("00c0000000") == 0x6985); /* nothing is left */
    CHECK(send_hex("80040000") == 0x6100 && answer_len == 0);
    CHECK(send_hex("8050000004") == 0x9000 && answer_len == 4);
    CHECK(send_hex("00c0000000") == 0x6985); /* the next command forgets it */
    CHECK(send_hex("8004000000ffff") == 0x9000 && answer_len == 288);
    CHECK(memcmp(answer + 4, "gmpki SOFTWARE TOKEN", 21) == 0);
    CHECK(send_hex("80040000000000") == 0x9000 && answer_len == 288);
    CHECK(send_hex("80040000000010") == 0x6100 && answer_len == 16); /* 272 more is told as 256 or more */

    static const char *const malformed[] = {"",
                                            "80",
                                            "800400",
                                            "8004000001ff0000",
                                            "8004000002ff",
                                            "80040000000001",
                                            "800400000000",
                                            "8004000000000000",
                                            "80040000000002ff",
                                            "80040000000001ff01"};
    for (size_t i = 1; i < sizeof malformed / sizeof malformed[0]; i++) {
        unsigned word = send_hex(malformed[i]);
        CHECK(word == 0x6700 || (i == 5 && word == 0x6100)); /* the fifth is a Le of 1, in the extended form */
    }
    CHECK(send_hex("00040000") == 0x6E00 && send_hex("a0040000") == 0x6E00 && send_hex("84040000") == 0x6E00);
    CHECK(send_hex("80040100") == 0x6A86 && send_hex("80040001") == 0x6A86);
    ULONG room = 1;
    uint8_t command[] = {0x80, 0x04, 0, 0, 0};
    CHECK(SKF_Transmit(card, command, sizeof command, answer, &room) == SAR_BUFFER_TOO_SMALL && room == 2);
    CHECK(send_raw(command, sizeof command, 2) == 0x6100 && answer_len == 0); /* room counts as Le does */
    room = 100;
    CHECK(SKF_Transmit(NULL, command, sizeof command, answer, &room) == SAR_INVALIDHANDLEERR);
    CHECK(SKF_Transmit(card, NULL, 5, answer, &room) == SAR_INVALIDPARAMERR);
    CHECK(SKF_Transmit(card, command, 0, answer, &room) == SAR_INVALIDPARAMERR);
    CHECK(SKF_Transmit(card, command, 5, NULL, &room) == SAR_INVALIDPARAMERR);
    CHECK(SKF_Transmit(card, command, 5, answer, NULL) == SAR_INVALIDPARAMERR);
}

static void test_chains(void) {
    CHECK(send_hex("90020000026162") == 0x9000);
    CHECK(send_hex("90020000026364") == 0x9000);
    CHECK(send_hex("800200000165") == 0x9000); /* the label is abcde */
    CHECK(send_hex("8004000000ffff") == 0x9000 && memcmp(answer + 4 + 128, "abcde", 6) == 0);
    CHECK(send_hex("90020000026162") == 0x9000);
    CHECK(send_hex("8004000000") == 0x6883); /* another command ends the chain */
    CHECK(send_hex("8004000000ffff") == 0x9000);
    CHECK(send_hex("90020000026162") == 0x9000);
    CHECK(send_hex("00040000") == 0x6E00);
    CHECK(send_hex("800200000178") == 0x9000); /* x alone */
    CHECK(send_hex("8004000000ffff") == 0x9000 && memcmp(answer + 4 + 128, "x", 2) == 0);
    static const uint8_t much[9000] = {0};
    CHECK(send_command(0x90, 0x4C, 0, 0, much, sizeof much) == 0x9000);
    CHECK(send_command(0x90, 0x4C, 0, 0, much, sizeof much) == 0x6A84); /* more than the card keeps */
    CHECK(send_command(0x80, 0x4C, 0, 0, much, sizeof much) == 0x6A82); /* begins anew: application 0 */
}

/* ---- the flow -------------------------------------------------------------------------- */

static void test_applications(void) {
    uint8_t fields[128];
    size_t len = counted(fields, APPLICATION, ADMIN_PIN);
    fields[len++] = 3;
    len += counted(fields + len, USER_PIN, NULL);
    fields[len++] = 3;
    len += unhex(fields + len, "00000010");
    CHECK(send_protected(0x20, 0, 0, fields, len) == 0x6982); /* not authenticated */
    CHECK(authenticate("8765432187654321") == 0x6982);
    CHECK(authenticate("1234567812345678") == 0x9000);
    CHECK(send_protected(0x20, 0, 0, fields, len - 1) == 0x6700);
    CHECK(send_protected(0x20, 0, 0, fields, len) == 0x9000);
    CHECK(send_protected(0x20, 0, 0, fields, len) == 0x6A8A);
    CHECK(send_command(0x80, 0x20, 0, 0, fields, len) == 0x6987); /* in clear */
    CHECK(send_hex("802200000000ff") == 0x9000 && answer_len == sizeof APPLICATION &&
          memcmp(answer, APPLICATION, answer_len) == 0);
    CHECK(send_named(0x26, 0, "", "nobody") == 0x6A82);
    CHECK(send_named(0x26, 0, "", APPLICATION) == 0x9000 && equals_hex(answer, answer_len, "000000100810ffff0001"));
    CHECK(send_named(0x26, 0, "", APPLICATION) == 0x9000 && answer[9] == 1); /* the same number */
    CHECK(send_hex("80140001020001ff") == 0x9000 && equals_hex(answer, answer_len, "030301"));
    CHECK(send_hex("80140001020002ff") == 0x6A82 && send_hex("80140001020000ff") == 0x6A82);
    CHECK(send_hex("801400010100ff") == 0x6700 && send_hex("8014000203000100ff") == 0x6A86);
}

static void test_pins(void) {
    uint8_t data[512] = {0, 1};
    uint8_t fields[128];
    CHECK(verify_pin(1, 1, "00000000") == 0x63C2);
    CHECK(verify_pin(1, 1, USER_PIN) == 0x9000);
    CHECK(send_hex("80140001020001ff") == 0x9000 && equals_hex(answer, answer_len, "030301"));
    CHECK(send_hex("801c0000020001") == 0x9000); /* log out */
    size_t len = 2 + protect(data + 2, sizeof data - 2, fields, counted(fields, USER_PIN, NULL));
    CHECK(send_command(0x84, 0x18, 0, 1, data, len) == 0x9000);
    CHECK(send_command(0x84, 0x18, 0, 1, data, len) == 0x6985); /* once more: the challenge is used up */
    CHECK(send_hex("8050000008") == 0x9000);
    CHECK(send_command(0x84, 0x18, 0, 1, data, len) == 0x6988); /* with another challenge */
    CHECK(send_hex("8050000008") == 0x9000);
    data[60] ^= 1;
    CHECK(send_command(0x84, 0x18, 0, 1, data, len) == 0x6988);
    CHECK(send_command(0x84, 0x18, 0, 1, data, 2) == 0x6985);
    CHECK(send_hex("80140001020001ff") == 0x9000 && answer[1] == 3); /* none of these spent a try */
    CHECK(send_protected(0x16, 1, 1, fields, counted(fields, USER_PIN, "short")) == 0x6A80);
    CHECK(send_protected(0x16, 1, 1, fields, counted(fields, USER_PIN, "23456789")) == 0x9000);
    for (unsigned left = 3; left-- > 0;) {
        CHECK(verify_pin(1, 1, USER_PIN) == (left == 0 ? 0x6983 : 0x63C0 + left));
    }
    CHECK(verify_pin(1, 1, "23456789") == 0x6983);
    CHECK(send_protected(0x1A, 0, 1, fields, counted(fields, "00000000", USER_PIN)) == 0x63C2);
    CHECK(send_protected(0x1A, 0, 1, fields, counted(fields, ADMIN_PIN, USER_PIN)) == 0x9000);
    CHECK(send_named(0x40, 0, "0001", "con1") == 0x6982); /* nobody has logged in */
    CHECK(verify_pin(1, 1, USER_PIN) == 0x9000);
}

static void test_containers(void) {
    static const uint8_t digest[36] = {0, 1, 0, 1};
    uint8_t certificate[1504] = {0, 1, 0, 1, 0x30, 0x82, 0x05, 0xD8}; /* a SEQUENCE of 1500 bytes in all */
    CHECK(send_named(0x40, 0, "0001", "con1") == 0x9000 && equals_hex(answer, answer_len, "0001"));
    CHECK(send_named(0x40, 0, "0001", "con1") == 0x6A8A);
    CHECK(send_named(0x40, 0, "0001", "con2") == 0x9000 && equals_hex(answer, answer_len, "0002"));
    CHECK(send_named(0x42, 0, "0001", "con1") == 0x9000 && equals_hex(answer, answer_len, "0001"));
    CHECK(send_named(0x42, 0, "0001", "con3") == 0x6A82);
    CHECK(send_hex("80460000020001ff") == 0x9000 && equals_hex(answer, answer_len, "636f6e3100636f6e3200"));
    CHECK(send_hex("8044000004000100020000") == 0x6700); /* neither form */
    CHECK(send_hex("80440000040001000200") == 0x9000);   /* close con2 */
    CHECK(send_hex("80440000040001000200") == 0x6A82);
    CHECK(send_named(0x48, 0, "0001", "con2") == 0x9000);
    CHECK(send_hex("804a00000400010001ff") == 0x9000 && equals_hex(answer, answer_len, "0000000000000000000000"));
    CHECK(send_hex("80880100040001000100") == 0x6A88 && send_hex("804e0100040001000100") == 0x6A88);
    CHECK(send_command(0x80, 0x74, 2, 0, digest, 36) == 0x6A88);
    CHECK(send_hex("8070000008000100010000010000") == 0x9000 && answer_len == 68);
    CHECK(send_hex("80700000080001000100000200ff") == 0x6A80);
    CHECK(send_command(0x80, 0x4C, 1, 0, certificate, sizeof certificate) == 0x9000);
    CHECK(send_command(0x80, 0x4C, 1, 0, certificate, sizeof certificate - 1) == 0x6A80);
    CHECK(send_hex("804c01000400010001") == 0x6700);
    CHECK(send_hex("804e0100040001000100") == 0x6100 && answer_len == 256);
    size_t total = answer_len;
    unsigned word = 0x6100;
    for (int i = 0; i < 10 && word != 0x9000; i++) {
        word = send_hex("00c0000000");
        total += answer_len;
    }
    CHECK(word == 0x9000 && total == 1500);
    CHECK(send_hex("804a00000400010001ff") == 0x9000 && equals_hex(answer, answer_len, "0200000100000000000100"));
}

static void test_sm2(void) {
    uint8_t data[512] = {0, 1, 0, 1};
    uint8_t signed_data[160];
    gmpki_sm2_public_key key;
    memset(data + 4, 0xA5, 32);
    CHECK(send_hex("80880100040001000100") == 0x9000 && answer_len == 68);
    memcpy(signed_data, answer + 4, 64);
    memcpy(signed_data + 64, data + 4, 32);
    CHECK(gmpki_sm2_public_key_load(&key, signed_data, 64) == GMPKI_OK);
    CHECK(send_command(0x80, 0x74, 2, 0, data, 36) == 0x9000 && answer_len == 68 && equals_hex(answer, 4, "00000100"));
    CHECK(gmpki_sm2_verify_digest(&key, answer + 4, data + 4) == GMPKI_OK);
    memcpy(signed_data + 96, answer + 4, 64);
    CHECK(send_command(0x80, 0x76, 0, 0, signed_data, 160) == 0x9000);
    signed_data[70] ^= 1;
    CHECK(send_command(0x80, 0x76, 0, 0, signed_data, 160) == 0x6300);
    CHECK(send_command(0x80, 0x76, 0, 0, signed_data, 159) == 0x6700);
    CHECK(send_command(0x80, 0x74, 1, 0, data, 36) == 0x6A81); /* the card does not hash */
    CHECK(send_command(0x80, 0x74, 2, 0, data, 35) == 0x6700 && send_command(0x80, 0x74, 2, 0, data, 37) == 0x6700);
    CHECK(send_command(0x80, 0x74, 3, 0, data, 36) == 0x6A86);
    CHECK(send_command(0x80, 0x7A, 0, 0, signed_data, 74) == 0x9000 && answer_len == 106);
    CHECK(send_command(0x80, 0x7A, 0, 0, signed_data, 64) == 0x6700);
    signed_data[0] ^= 1;
    CHECK(send_command(0x80, 0x7A, 0, 0, signed_data, 74) == 0x6A80); /* no point */
    CHECK(send_hex("801c0000020001") == 0x9000);
    CHECK(send_command(0x80, 0x74, 2, 0, data, 36) == 0x6982);
    CHECK(verify_pin(1, 1, USER_PIN) == 0x9000);
}

/* An encryption pair as a key-management centre delivers it. */
static void test_encryption_pair(void) {
    static const uint8_t symmetric_key[16] = "0123456789abcdef";
    uint8_t data[512] = {0, 1, 0, 1, 0, 0, 4, 1};
    uint8_t d[64] = {0};
    uint8_t point[64];
    gmpki_sm4_key cipher;
    gmpki_sm2_private_key pair;
    gmpki_sm2_public_key key, receiver;
    size_t len = 0;
    CHECK(gmpki_sm2_generate(&pair) == GMPKI_OK && gmpki_sm2_private_key_store(&pair, d + 32) == GMPKI_OK);
    CHECK(gmpki_sm2_private_key_public(&pair, &key) == GMPKI_OK &&
          gmpki_sm2_public_key_store(&key, point, 64) == GMPKI_OK);
    CHECK(send_hex("80880100040001000100") == 0x9000 &&
          gmpki_sm2_public_key_load(&receiver, answer + 4, 64) == GMPKI_OK);
    CHECK(gmpki_sm4_key_init(&cipher, symmetric_key) == GMPKI_OK &&
          gmpki_sm4_blocks(&cipher, GMPKI_SM4_ENCRYPT, data + 8, d, 4) == GMPKI_OK);
    memcpy(data + 72, point, 64);
    CHECK(gmpki_sm2_encrypt(&receiver, data + 136, sizeof data - 136, &len, symmetric_key, 16, GMPKI_SM2_C1C3C2_BARE) ==
          GMPKI_OK);
    CHECK(send_command(0x80, 0x72, 0, 0, data, 136 + len - 1) == 0x6700);
    CHECK(send_command(0x80, 0x72, 0, 0, data, 200) == 0x6700);
    CHECK(send_command(0x80, 0x72, 0, 0, data, 136 + len) == 0x9000);
    CHECK(send_hex("80880000040001000100") == 0x9000 && answer_len == 68 && memcmp(answer + 4, point, 64) == 0);
    data[7] = 2; /* CBC */
    CHECK(send_command(0x80, 0x72, 0, 0, data, 136 + len) == 0x6A80);
    gmpki_sm2_private_key_clear(&pair);
}

static void test_files(void) {
    CHECK(send_named(0x30, 0, "0001000000100000001000000010", "file") == 0x9000);
    CHECK(send_named(0x30, 0, "0001000000100000001000000010", "file") == 0x6A89);
    CHECK(send_named(0x30, 0, "00010fffffff0000001000000010", "large") == 0x6A84);
    CHECK(send_named(0x30, 0, "000100000010", "") == 0x6700);
    CHECK(send_hex("80340000020001ff") == 0x9000 && equals_hex(answer, answer_len, "66696c6500"));
    CHECK(send_named(0x36, 0, "0001", "file") == 0x9000 && equals_hex(answer, answer_len, "000000100000001000000010"));
    CHECK(send_named(0x36, 0, "0001", "other") == 0x6A82);
    CHECK(send_named(0x3A, 0, "00010000000404", "fileabcd") == 0x9000);
    CHECK(send_named(0x3A, 0, "00010000000d04", "fileabcd") == 0x6B00);
    CHECK(send_named(0x3A, 0, "000100000004ff", "file") == 0x6700);
    CHECK(send_named(0x38, 0, "0001000000040004", "file") == 0x9000 && equals_hex(answer, answer_len, "61626364"));
    CHECK(send_named(0x38, 0, "00010000000effff", "file") == 0x6700); /* more than an answer holds */
    CHECK(send_named(0x38, 0, "0001000000110004", "file") == 0x6B00);
    CHECK(send_named(0x32, 0, "0001", "file") == 0x9000 && send_named(0x32, 0, "0001", "file") == 0x6A82);
}

static void test_digests(void) {
    CHECK(send_hex("80b60000") == 0x6985 && send_hex("80ba0000") == 0x6985);
    CHECK(send_hex("80b40001") == 0x9000 && send_hex("80b800000161") == 0x9000 && send_hex("80b80000026263") == 0x9000);
    CHECK(send_hex("80ba000020") == 0x9000 &&
          equals_hex(answer, answer_len, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    CHECK(send_hex("80ba000020") == 0x6985); /* it is over */
    CHECK(send_hex("80b40001") == 0x9000 && send_named(0xB6, 0, "", "abc") == 0x9000 && answer[0] == 0x66);
    CHECK(send_hex("80b40000") == 0x6A81 && send_hex("80b40004") == 0x6A86);
    CHECK(send_hex("80b40002016100") == 0x6700);
    uint8_t data[80];
    CHECK(send_hex("80880100040001000100") == 0x9000);
    memcpy(data, answer + 4, 64);
    memcpy(data + 64, "1234567812345678", 16);
    CHECK(send_command(0x80, 0xB4, 0, 1, data, sizeof data) == 0x9000); /* with Z */
    CHECK(send_named(0xB6, 0, "", "abc") == 0x9000 && answer_len == 32 && answer[0] != 0x66);
    CHECK(send_command(0x80, 0xB4, 0, 1, data, 63) == 0x6700);
    data[0] ^= 1;
    CHECK(send_command(0x80, 0xB4, 0, 1, data, sizeof data) == 0x6A80);
}

/* A key made for the own encryption key, and imported from what is made: two numbers, one key. */
static void test_session_keys(void) {
    uint8_t data[512] = {0, 1, 0, 1, 0, 0, 4, 2}; /* SM4-CBC */
    uint8_t ciphertext[64];
    CHECK(send_hex("80880000040001000100") == 0x9000);
    memcpy(data + 8, answer + 4, 64);
    CHECK(send_command(0x80, 0x78, 0, 0, data, 72) == 0x9000 && answer_len == 2 + 96 + 16 && answer[1] == 1);
    memcpy(data + 8, answer + 2, 112);
    CHECK(send_command(0x80, 0xA0, 0, 0, data, 120) == 0x9000 && equals_hex(answer, answer_len, "0002"));
    CHECK(send_command(0x80, 0xA0, 0, 0, data, 119) == 0x6988);
    CHECK(send_named(0xA4, 0, "000101", "0123456789abcdef") == 0x9000);
    CHECK(send_named(0xA8, 0, "0001", "a message of more than") == 0x9000 && answer_len == 16);
    memcpy(ciphertext, answer, 16);
    CHECK(send_named(0xA8, 0, "0001", " a block") == 0x9000);
    size_t len = 16 + answer_len;
    memcpy(ciphertext + 16, answer, answer_len);
    CHECK(send_hex("80aa000002000120") == 0x9000 && len + answer_len == 32);
    memcpy(ciphertext + len, answer, answer_len);
    CHECK(send_hex("80aa000002000120") == 0x6985);
    CHECK(send_named(0xAC, 0, "000201", "0123456789abcdef") == 0x9000);
    memcpy(data, "\0\2", 2);
    memcpy(data + 2, ciphertext, 32);
    CHECK(send_command(0x80, 0xAE, 0, 0, data, 34) == 0x9000 && answer_len == 30 &&
          memcmp(answer, "a message of more than a block", 30) == 0);
    CHECK(send_command(0x80, 0xAE, 0, 0, data, 34) == 0x6985);
    CHECK(send_named(0xA4, 0, "000101", "short iv") == 0x6A80 &&
          send_named(0xA4, 0, "000107", "0123456789abcdef") == 0x6A80);
    uint8_t mac[16];
    CHECK(send_hex("80bc000003000100") == 0x9000 && send_named(0xBE, 0, "0001", "0123456789abcdef") == 0x9000);
    CHECK(answer_len == 16);
    memcpy(mac, answer, 16);
    CHECK(send_hex("80bc000003000200") == 0x9000 && send_named(0xC0, 0, "0002", "0123456789abcdef") == 0x9000);
    CHECK(send_hex("80c2000002000210") == 0x9000 && answer_len == 16 && memcmp(mac, answer, 16) == 0);
    CHECK(send_hex("80c2000002000210") == 0x6985 && send_hex("80bc000003000301") == 0x6A88);
    CHECK(send_hex("80c40000020001") == 0x9000 && send_hex("80c40000020001") == 0x6A88);
    CHECK(send_named(0xA8, 0, "0001", "x") == 0x6A88 && send_named(0xA8, 0, "0000", "x") == 0x6A88);
    memcpy(data, "\0\1\0\1\0\0\1\1", 8); /* SM1 */
    CHECK(send_command(0x80, 0x78, 0, 0, data, 72) == 0x6A81);
    memcpy(data, "\0\1\0\1\0\0\4\2", 8);
    CHECK(send_hex("80880000040001000100") == 0x9000);
    memcpy(data + 8, answer + 4, 64);
    for (unsigned i = 0; i < 7; i++) { /* eight with the one that is left */
        CHECK(send_command(0x80, 0x78, 0, 0, data, 72) == 0x9000);
    }
    CHECK(send_command(0x80, 0x78, 0, 0, data, 72) == 0x6A84);
}

/* Closing an application closes its containers; a reset closes all and logs out. */
static void test_closing(void) {
    CHECK(send_hex("80280000020001") == 0x9000 && send_hex("80280000020001") == 0x6A82);
    CHECK(send_hex("804a00000400010001ff") == 0x6A82);
    CHECK(send_named(0x26, 0, "", APPLICATION) == 0x9000);
    CHECK(send_hex("804a00000400010001ff") == 0x6A82);
    CHECK(send_named(0x42, 0, "0001", "con1") == 0x9000);
    CHECK(send_hex("8070000008000100010000010000") == 0x9000); /* still logged in */
    char names[64];
    ULONG len = sizeof names;
    CHECK(SKF_EnumDev(TRUE, names, &len) == SAR_OK && SKF_DisConnectDev(card) == SAR_OK);
    CHECK(SKF_ConnectDev(names, &card) == SAR_OK);
    CHECK(send_hex("80140001020001ff") == 0x6A82);
    CHECK(send_named(0x26, 0, "", APPLICATION) == 0x9000 && send_named(0x42, 0, "0001", "con1") == 0x9000);
    CHECK(send_hex("8070000008000100010000010000") == 0x6982);
}

/* ---- what is no command ---------------------------------------------------------------- */

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

/* Commands with bytes changed, cut and lengthened, and bytes from nowhere. */
static void test_hostile(unsigned rounds) {
    static const char *const seeds[] = {
        "8004000000",
        "00c0000000",
        "9002000002616280",
        "80140001020001ff",
        "84180001730001aabbccdd",
        "80260000000a474d504b492d54455354000a",
        "80420000060001636f6e3102",
        "804a00000400010001ff",
        "804e0100040001000100",
        "80740200240001000100000000000000000000000000000000000000000000000000000000000000000044",
        "80760000000003010203",
        "805e00000000080000040001020304",
        "80720000000010000100010000040100000000",
        "80380000000c000100000000001066696c65",
        "80880100040001000100",
        "80f1000040",
        "80780000480001000100000402",
        "80a0000010000100010000040200",
        "80a40000030001010102",
        "80a6000006000101020304",
        "80b4000100",
        "80b6000003616263",
        "80bc000003000100",
        "80be0000120001303132333435363738396162636465660f",
    };
    uint32_t state = 1;
    uint8_t command[600];
    CHECK(verify_pin(1, 1, USER_PIN) == 0x9000);
    for (unsigned i = 0; i < rounds; i++) {
        size_t len = unhex(command, seeds[next_random(&state) % (sizeof seeds / sizeof seeds[0])]);
        unsigned changes = next_random(&state) % 4;
        for (unsigned j = 0; j < changes; j++) {
            command[2 + next_random(&state) % (len - 2)] = (uint8_t)next_random(&state);
        }
        unsigned what = next_random(&state) % 8;
        if (what == 0) {
            len = next_random(&state) % len + 1;
        } else if (what == 1) {
            size_t more = next_random(&state) % 300;
            memset(command + len, (int)(next_random(&state) & 0xFF), more);
            len += more;
        } else if (what == 2) {
            for (len = 0; len < 40; len++) {
                command[len] = (uint8_t)next_random(&state);
            }
            command[1] = (uint8_t)(command[1] == 0x54 ? 0x04 : command[1]); /* making RSA keys takes too long */
        }
        CHECK(send_raw(command, len, 2 + next_random(&state) % 600) >= 0x6100);
    }
    CHECK(send_hex("8004000000ffff") == 0x9000 && answer_len == 288);
}

/* A card that is pulled out answers nothing. */
static void test_removal(void) {
    char name[64];
    char path[512];
    ULONG len = sizeof name;
    ULONG room = sizeof answer;
    uint8_t command[] = {0x80, 0x04, 0, 0, 0};
    CHECK(SKF_EnumDev(TRUE, name, &len) == SAR_OK);
    snprintf(path, sizeof path, "%s", device_file(name, "absent"));
    CHECK(write_test_file(path, command, 1) == 0);
    CHECK(SKF_Transmit(card, command, sizeof command, answer, &room) == SAR_DEVICE_REMOVED);
    command[1] = 0xB4; /* DigestInit, which needs nothing of the device */
    command[3] = 1;
    room = sizeof answer;
    CHECK(SKF_Transmit(card, command, 4, answer, &room) == SAR_DEVICE_REMOVED);
    CHECK(remove(path) == 0);
}

/* Every number that names no command says so. */
static void test_unknown(void) {
    unsigned known = 0;
    for (unsigned ins = 0; ins < 256; ins++) {
        unsigned word = send_command(0x80, ins, 0xFF, 0xFF, NULL, 0);
        CHECK(word == 0x6D00 || word == 0x6A86 || word == 0x6987);
        known += word != 0x6D00;
    }
    CHECK(known == 58);
}

int main(void) {
    begin_card();
    test_forms();
    test_chains();
    test_applications();
    test_pins();
    test_containers();
    test_sm2();
    test_encryption_pair();
    test_files();
    test_digests();
    test_session_keys();
    test_closing();
    test_unknown();
    test_hostile(20000);
    test_removal();
    end_card();
    return finish();
}
