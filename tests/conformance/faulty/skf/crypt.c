/* Faults of encryption and decryption with session keys. */
#include "cipher.h"

enum { AT_ONCE_MAX = 2048, DATA_MAX = 4096 };

/* Mode bits of identifiers (GB/T 33560). */
enum { MODE_CFB = 0x04, MODE_OFB = 0x08 };

/* ---- the right functions, by direction
 * ------------------------------------------------------ */

typedef enum { ENCRYPTING, DECRYPTING } direction;

static ULONG right_init(direction way, HANDLE key, BLOCKCIPHERPARAM param) {
    return way == ENCRYPTING ? NEXT(SKF_EncryptInit)(key, param) : NEXT(SKF_DecryptInit)(key, param);
}

static ULONG right_whole(direction way, HANDLE key, BYTE *in, ULONG in_len, BYTE *out, ULONG *out_len) {
    return way == ENCRYPTING ? NEXT(SKF_Encrypt)(key, in, in_len, out, out_len)
                             : NEXT(SKF_Decrypt)(key, in, in_len, out, out_len);
}

static ULONG right_update(direction way, HANDLE key, BYTE *in, ULONG in_len, BYTE *out, ULONG *out_len) {
    return way == ENCRYPTING ? NEXT(SKF_EncryptUpdate)(key, in, in_len, out, out_len)
                             : NEXT(SKF_DecryptUpdate)(key, in, in_len, out, out_len);
}

static ULONG right_final(direction way, HANDLE key, BYTE *out, ULONG *out_len) {
    return way == ENCRYPTING ? NEXT(SKF_EncryptFinal)(key, out, out_len) : NEXT(SKF_DecryptFinal)(key, out, out_len);
}

/* ---- begun
 * ----------------------------------------------------------------------------------
 */

static int is_stream(const seen_key *key) {
    return (key->algorithm & (MODE_CFB | MODE_OFB)) != 0;
}

/* A token with room for one key: whichever is named, the one made last is used.
 */
static HANDLE meant(HANDLE key) {
    return fault("keys-share-one-slot") && newest_key != NULL ? newest_key : key;
}

/* The parameters as a careless maker reads them. */
static void misread(const seen_key *key, direction way, BLOCKCIPHERPARAM *param) {
    if (fault("key-for-cbc-is-for-ecb") && key->algorithm == SGD_SM4_CBC) {
        param->IVLen = 0;
    }
    if (fault("cipher-ignores-iv")) {
        memset(param->IV, 0, sizeof param->IV);
    }
    if (fault("iv-length-not-checked") && param->IVLen != 0) {
        param->IVLen = BLOCK_LEN;
    }
    if (fault("cfb-always-8-bits") && (key->algorithm & MODE_CFB) != 0) {
        param->FeedBitLen = 8;
    }
    if (fault("cfb-8-bits-is-128") && (key->algorithm & MODE_CFB) != 0) {
        param->FeedBitLen = 8 * BLOCK_LEN;
    }
    if (fault("feedback-counts-bytes") && is_stream(key)) {
        param->FeedBitLen *= 8;
    }
    if (fault("padding-type-not-checked") && param->PaddingType != SKF_PADDING_NONE) {
        param->PaddingType = SKF_PADDING_PKCS5;
    }
    if ((fault("padding-with-zeros") && way == ENCRYPTING) || (fault("padding-not-removed") && way == DECRYPTING)) {
        param->PaddingType = SKF_PADDING_NONE;
    }
}

static ULONG init(direction way, HANDLE handle, BLOCKCIPHERPARAM param) {
    HANDLE used = meant(handle);
    seen_key *key = key_of(used);
    int again = key->encryption.initialised;
    if (fault("init-goes-on") && way == ENCRYPTING && key->encryption.running) {
        return SAR_OK;
    }
    misread(key, way, &param);
    if (fault("init-keeps-the-chain") && way == ENCRYPTING && again && param.IVLen == BLOCK_LEN) {
        memcpy(param.IV, key->last, BLOCK_LEN);
    }
    ULONG code = right_init(way, used, param);
    if (code == SAR_OK && way == ENCRYPTING) {
        key->encryption.initialised = 1;
        key->encryption.running = 0;
        key->encryption.param = param;
    } else if (code == SAR_OK) {
        key->decryption.initialised = 1;
        key->decryption.running = 0;
        key->decryption.param = param;
    }
    return code;
}

ULONG DEVAPI SKF_EncryptInit(HANDLE hKey, BLOCKCIPHERPARAM EncryptParam) {
    return init(ENCRYPTING, hKey, EncryptParam);
}

ULONG DEVAPI SKF_DecryptInit(HANDLE hKey, BLOCKCIPHERPARAM DecryptParam) {
    return init(DECRYPTING, hKey, DecryptParam);
}

/* A maker who takes zeros for what nobody has given. */
static void begin_unasked(direction way, HANDLE handle) {
    const BLOCKCIPHERPARAM nothing = {0};
    seen_key *key = key_of(handle);
    if (fault("encrypts-without-init") && way == ENCRYPTING && !key->encryption.initialised) {
        (void)right_init(way, handle, nothing);
    }
    if (fault("decrypts-without-init") && way == DECRYPTING && !key->decryption.initialised) {
        (void)right_init(way, handle, nothing);
    }
}

/* ---- in one call
 * ----------------------------------------------------------------------------
 */

/* What zeros fill up to a whole number of blocks; 0 where that is no fault, or
 * too long for this library. */
static ULONG filled_up(BYTE data[DATA_MAX], const BYTE *in, ULONG in_len) {
    ULONG whole = (in_len + BLOCK_LEN - 1) / BLOCK_LEN * BLOCK_LEN;
    if (in == NULL || in_len == 0 || whole > DATA_MAX) {
        return 0;
    }
    memset(data, 0, whole);
    memcpy(data, in, in_len);
    return whole;
}

static void remember_last(HANDLE key, const BYTE *out, const ULONG *out_len) {
    if (out != NULL && *out_len >= BLOCK_LEN) {
        memcpy(key_of(key)->last, out + *out_len - BLOCK_LEN, BLOCK_LEN);
    }
}

ULONG DEVAPI SKF_Encrypt(HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData, ULONG *pulEncryptedLen) {
    BYTE data[DATA_MAX];
    HANDLE used = meant(hKey);
    const seen_key *key = key_of(used);
    begin_unasked(ENCRYPTING, used);
    if (fault("stream-whole-blocks-only") && is_stream(key) && ulDataLen % BLOCK_LEN != 0) {
        return SAR_INDATALENERR;
    }
    if (fault("short-block-filled-up") || fault("padding-with-zeros")) {
        ULONG len = is_stream(key) ? 0 : filled_up(data, pbData, ulDataLen);
        pbData = len == 0 ? pbData : data;
        ulDataLen = len == 0 ? ulDataLen : len;
    }
    if (fault("encrypts-2048-at-most") && ulDataLen > AT_ONCE_MAX) {
        ulDataLen = AT_ONCE_MAX;
    }
    ULONG code = right_whole(ENCRYPTING, used, pbData, ulDataLen, pbEncryptedData, pulEncryptedLen);
    if (code == SAR_OK) {
        remember_last(used, pbEncryptedData, pulEncryptedLen);
    }
    return code;
}

ULONG DEVAPI SKF_Decrypt(HANDLE hKey, BYTE *pbEncryptedData, ULONG ulEncryptedLen, BYTE *pbData, ULONG *pulDataLen) {
    HANDLE used = meant(hKey);
    begin_unasked(DECRYPTING, used);
    if (fault("short-block-dropped")) {
        ulEncryptedLen -= ulEncryptedLen % BLOCK_LEN;
    }
    ULONG code = right_whole(DECRYPTING, used, pbEncryptedData, ulEncryptedLen, pbData, pulDataLen);
    if (fault("padding-not-checked") && code == SAR_DECRYPTPADERR) {
        *pulDataLen = ulEncryptedLen - BLOCK_LEN;
        return SAR_OK;
    }
    return code;
}

/* ---- in pieces
 * ------------------------------------------------------------------------------
 */

static ULONG update(direction way, HANDLE handle, BYTE *in, ULONG in_len, BYTE *out, ULONG *out_len) {
    HANDLE used = meant(handle);
    seen_key *key = key_of(used);
    begin_unasked(way, used);
    if (fault("update-whole-blocks-only") && in_len % BLOCK_LEN != 0) {
        return SAR_INDATALENERR;
    }
    if (fault("update-loses-rest")) {
        in_len -= in_len % BLOCK_LEN;
    }
    if (fault("update-forgets-the-chain")) {
        (void)right_init(way, used, way == ENCRYPTING ? key->encryption.param : key->decryption.param);
    }
    ULONG code = right_update(way, used, in, in_len, out, out_len);
    if (code == SAR_OK && way == ENCRYPTING) {
        key->encryption.running = 1;
    }
    return code;
}

static ULONG final(direction way, HANDLE handle, BYTE *out, ULONG *out_len) {
    HANDLE used = meant(handle);
    seen_key *key = key_of(used);
    ULONG code = right_final(way, used, out, out_len);
    if (fault("final-loses-what-is-held") && code == SAR_OK && out != NULL) {
        *out_len = 0;
    }
    if (code == SAR_OK && out != NULL && way == ENCRYPTING) {
        key->encryption.running = 0;
        if (fault("final-begins-anew")) {
            (void)right_init(way, used, key->encryption.param);
        }
    }
    return code;
}

ULONG DEVAPI SKF_EncryptUpdate(HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData,
                               ULONG *pulEncryptedLen) {
    return update(ENCRYPTING, hKey, pbData, ulDataLen, pbEncryptedData, pulEncryptedLen);
}

ULONG DEVAPI SKF_DecryptUpdate(HANDLE hKey, BYTE *pbEncryptedData, ULONG ulEncryptedLen, BYTE *pbData,
                               ULONG *pulDataLen) {
    return update(DECRYPTING, hKey, pbEncryptedData, ulEncryptedLen, pbData, pulDataLen);
}

ULONG DEVAPI SKF_EncryptFinal(HANDLE hKey, BYTE *pbEncryptedData, ULONG *pulEncryptedDataLen) {
    return final(ENCRYPTING, hKey, pbEncryptedData, pulEncryptedDataLen);
}

ULONG DEVAPI SKF_DecryptFinal(HANDLE hKey, BYTE *pbDecryptedData, ULONG *pulDecryptedDataLen) {
    return final(DECRYPTING, hKey, pbDecryptedData, pulDecryptedDataLen);
}
