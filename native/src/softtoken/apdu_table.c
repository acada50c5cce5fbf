/*
 * The numbers of the card's commands and of its answers.
 *
 * Commands. Their numbers are those of two public programs for GM/T 0017-2012, a block of even numbers for each chapter
 * of GM/T 0016; the ten marked B are in both programs, the others in one (C). P1 and P2 are as those programs send
 * them. 0xF1 is of this card alone. CLA 84 is secure messaging there; how it protects data no source says, and here it
 * is as apdu_protection.c has it. The commands that carry a PIN in clear or under a key made from it by SHA-1 are not
 * taken: they come protected too.
 *
 * Answers. 9000, 63Cx, 6700, 6982, 6983, 6985, 6A80, 6A84, 6A86, 6A88, 6D00 and 6E00 are seen in use; the others are
 * chosen from ISO/IEC 7816-4 5.1.3.
 */
#include "softtoken/apdu_session.h"

enum { PLAIN = 0x80, PROTECTED = 0x84 };

static const st_apdu_entry entries[] = {
    {0x02, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_set_label},              /* SetLabel */
    {0x04, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_get_info},               /* GetDevInfo, B */
    {0x10, PLAIN, 1, 0, ST_APDU_ON_DEVICE, st_apdu_authenticate},           /* DevAuth, B: P1 is 0 or 1 */
    {0x12, PROTECTED, 1, 0, ST_APDU_ON_DEVICE, st_apdu_change_key},         /* ChangeDevAuthKey */
    {0x14, PLAIN, 0, 1, ST_APDU_ON_APPLICATION, st_apdu_pin_info},          /* GetPINInfo: P2 is whose */
    {0x16, PROTECTED, 1, 1, ST_APDU_ON_APPLICATION, st_apdu_pin_change},    /* ChangePIN: P2 is whose */
    {0x18, PROTECTED, 1, 1, ST_APDU_ON_APPLICATION, st_apdu_pin_verify},    /* VerifyPIN, B: P2 is whose */
    {0x1A, PROTECTED, 1, 0, ST_APDU_ON_APPLICATION, st_apdu_pin_unblock},   /* UnblockPIN */
    {0x1C, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_logout},            /* ClearSecureState, B */
    {0x20, PROTECTED, 0, 0, ST_APDU_ON_DEVICE, st_apdu_application_create}, /* CreateApplication */
    {0x22, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_application_list},       /* EnumApplication */
    {0x24, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_application_delete},     /* DeleteApplication */
    {0x26, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_application_open},       /* OpenApplication, B */
    {0x28, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_application_close}, /* CloseApplication, B */
    {0x30, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_file_create},       /* CreateFile */
    {0x32, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_file_delete},       /* DeleteFile */
    {0x34, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_file_list},         /* EnumFiles */
    {0x36, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_file_info},         /* GetFileInfo */
    {0x38, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_file_read},         /* ReadFile */
    {0x3A, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_file_write},        /* WriteFile */
    {0x40, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_container_create},  /* CreateContainer */
    {0x42, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_container_open},    /* OpenContainer, B */
    {0x44, PLAIN, 0, 0, ST_APDU_ON_CONTAINER, st_apdu_container_close},     /* CloseContainer */
    {0x46, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_container_list},    /* EnumContainer */
    {0x48, PLAIN, 0, 0, ST_APDU_ON_APPLICATION, st_apdu_container_delete},  /* DeleteContainer */
    {0x4A, PLAIN, 0, 0, ST_APDU_ON_CONTAINER, st_apdu_container_info},      /* GetContainerInfo */
    {0x4C, PLAIN, 1, 0, ST_APDU_ON_CONTAINER, st_apdu_certificate_import},  /* ImportCertificate: P1 as 88 */
    {0x4E, PLAIN, 1, 0, ST_APDU_ON_CONTAINER, st_apdu_certificate_export},  /* ExportCertificate: P1 as 88 */
    {0x50, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_random},                 /* GenRandom, B */
    {0x54, PLAIN, 0, 0, ST_APDU_ON_CONTAINER, st_apdu_rsa_generate},        /* GenRSAKeyPair */
    {0x58, PLAIN, 0, 0, ST_APDU_ON_CONTAINER, st_apdu_rsa_sign},            /* RSASignData */
    {0x5E, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_rsa_verify},             /* RSAVerify */
    {0x70, PLAIN, 0, 0, ST_APDU_ON_CONTAINER, st_apdu_sm2_generate},        /* GenECCKeyPair */
    {0x72, PLAIN, 0, 0, ST_APDU_ON_CONTAINER, st_apdu_sm2_import},          /* ImportECCKeyPair */
    {0x74, PLAIN, 2, 0, ST_APDU_ON_CONTAINER, st_apdu_sm2_sign},            /* ECCSignData, B: P1 02 is e */
    {0x76, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_sm2_verify},             /* ECCVerify */
    {0x78, PLAIN, 0, 0, ST_APDU_ON_CONTAINER, st_apdu_key_export},          /* ECCExportSessionKey */
    {0x7A, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_sm2_encrypt},            /* ExtECCEncrypt */
    {0x88, PLAIN, 1, 0, ST_APDU_ON_CONTAINER, st_apdu_public_key},          /* ExportPublicKey, B: P1 1 signs */
    {0xA0, PLAIN, 0, 0, ST_APDU_ON_CONTAINER, st_apdu_key_import},          /* ImportSessionKey */
    {0xA4, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_cipher_init},            /* EncryptInit */
    {0xA6, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_cipher_whole},           /* Encrypt */
    {0xA8, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_cipher_update},          /* EncryptUpdate */
    {0xAA, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_cipher_final},           /* EncryptFinal */
    {0xAC, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_cipher_init},            /* DecryptInit */
    {0xAE, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_cipher_whole},           /* Decrypt */
    {0xB0, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_cipher_update},          /* DecryptUpdate */
    {0xB2, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_cipher_final},           /* DecryptFinal */
    {0xB4, PLAIN, 0, 3, ST_APDU_ON_DEVICE, st_apdu_digest_init},   /* DigestInit: P2 1 SM3, 2 SHA-1, 3 SHA-256 */
    {0xB6, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_digest},        /* Digest */
    {0xB8, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_digest_update}, /* DigestUpdate */
    {0xBA, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_digest_final},  /* DigestFinal */
    {0xBC, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_mac_init},      /* MacInit */
    {0xBE, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_mac_whole},     /* Mac */
    {0xC0, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_mac_update},    /* MacUpdate */
    {0xC2, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_mac_final},     /* MacFinal */
    {0xC4, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_key_destroy},   /* DestroySessionKey (D) */
    {0xF1, PLAIN, 0, 0, ST_APDU_ON_DEVICE, st_apdu_transport_key}, /* ours: GetTransportKey */
};

const st_apdu_entry *st_apdu_find(uint8_t ins) {
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (entries[i].ins == ins) {
            return &entries[i];
        }
    }
    return NULL;
}

uint16_t st_apdu_status_word(enum st_status status, uint32_t tries_left) {
    static const uint16_t words[ST_STATUS_COUNT] = {
        [ST_OK] = 0x9000,
        [ST_ERR_FAILED] = 0x6F00,
        [ST_ERR_NOT_SUPPORTED] = 0x6A81,
        [ST_ERR_ARGUMENT] = 0x6A80,
        [ST_ERR_NAME] = 0x6A80,
        [ST_ERR_READ] = 0x6581,
        [ST_ERR_WRITE] = 0x6581,
        [ST_ERR_DAMAGED] = 0x6F00,
        [ST_ERR_MEMORY] = 0x6F00,
        [ST_ERR_RANDOM] = 0x6F00,
        [ST_ERR_TIMEOUT] = 0x6F00,
        [ST_ERR_INPUT_LEN] = 0x6700,
        [ST_ERR_INPUT] = 0x6A80,
        [ST_ERR_KEY_LEN] = 0x6A80,
        [ST_ERR_KEY_USAGE] = 0x6985,
        [ST_ERR_SIGNATURE] = 0x6300, /* a verification failed */
        [ST_ERR_DECRYPT] = 0x6988,   /* protected data that do not hold */
        [ST_ERR_PADDING] = 0x6A80,
        [ST_ERR_BUFFER] = 0x6F00,
        [ST_ERR_STATE] = 0x6985,
        [ST_ERR_NO_KEY] = 0x6A88,
        [ST_ERR_NO_CERTIFICATE] = 0x6A88,
        [ST_ERR_NO_EVENT] = 0x6F00,
        [ST_ERR_REMOVED] = 0x6F00,
        [ST_ERR_NO_DEVICE] = 0x6F00,
        [ST_ERR_PIN_LOCKED] = 0x6983,
        [ST_ERR_PIN_LEN] = 0x6A80,
        [ST_ERR_PIN_NOT_SET] = 0x6984,
        [ST_ERR_PIN_ROLE] = 0x6A86,
        [ST_ERR_LOGIN] = 0x6982,
        [ST_ERR_LOGGED_IN] = 0x6985,
        [ST_ERR_DEVICE_AUTH] = 0x6982,
        [ST_ERR_NO_APPLICATION] = 0x6A82,
        [ST_ERR_APPLICATION_EXISTS] = 0x6A8A,
        [ST_ERR_NO_CONTAINER] = 0x6A82,
        [ST_ERR_CONTAINER_EXISTS] = 0x6A8A,
        [ST_ERR_TOO_MANY_CONTAINERS] = 0x6A84,
        [ST_ERR_NO_FILE] = 0x6A82,
        [ST_ERR_FILE_EXISTS] = 0x6A89,
        [ST_ERR_FILE_RANGE] = 0x6B00,
        [ST_ERR_NO_OBJECT] = 0x6A88,
        [ST_ERR_NO_ROOM] = 0x6A84,
    };
    if (status == ST_ERR_PIN_INCORRECT) {
        return (uint16_t)(0x63C0 | (tries_left < ST_TRIES_MAX ? tries_left : ST_TRIES_MAX));
    }
    return (unsigned)status < ST_STATUS_COUNT && words[status] != 0 ? words[status] : 0x6F00;
}
