/* Faults of making objects and keys: what templates say, and what becomes of
 * it. */
#include "faulty.h"

enum { ITEMS_MAX = 32 };

static CK_BBOOL no = CK_FALSE;
static CK_BBOOL yes = CK_TRUE;
static CK_OBJECT_CLASS data = CKO_DATA;

/* Leave an attribute out. */
static CK_ULONG without(CK_ATTRIBUTE *items, CK_ULONG count, CK_ATTRIBUTE_TYPE type) {
    CK_ATTRIBUTE *found = attribute_of(items, count, type);
    if (found == NULL) {
        return count;
    }
    *found = items[count - 1];
    return count - 1;
}

/* Set a truth value that the template has. */
static void set_flag(CK_ATTRIBUTE *items, CK_ULONG count, CK_ATTRIBUTE_TYPE type, CK_BBOOL *value) {
    CK_ATTRIBUTE *found = attribute_of(items, count, type);
    if (found != NULL) {
        found->pValue = value;
    }
}

/* What a careless maker reads in a template. */
static CK_ULONG misread(CK_ATTRIBUTE *items, CK_ULONG count) {
    CK_OBJECT_CLASS object_class = number_of(items, count, CKA_CLASS);
    if (fault("private-flag-ignored") && object_class != CKO_PRIVATE_KEY) {
        set_flag(items, count, CKA_PRIVATE, &no);
    }
    if (fault("token-flag-ignored")) {
        set_flag(items, count, CKA_TOKEN, &no);
    }
    if (fault("destroyable-flag-ignored")) {
        count = without(items, count, CKA_DESTROYABLE);
    }
    if (fault("foreign-attribute-ignored") && object_class == CKO_DATA) {
        count = without(items, count, CKA_MODULUS);
    }
    if (fault("certificate-private") && object_class == CKO_CERTIFICATE) {
        set_flag(items, count, CKA_PRIVATE, &yes);
    }
    if (fault("class-guessed") && object_class == CK_UNAVAILABLE_INFORMATION) {
        items[count++] = (CK_ATTRIBUTE){CKA_CLASS, &data, sizeof data};
    }
    return count;
}

static CK_RV create_object(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount,
                           CK_OBJECT_HANDLE *phObject) {
    CK_ATTRIBUTE items[ITEMS_MAX];
    if (pTemplate == NULL || ulCount >= ITEMS_MAX) {
        return NEXT(C_CreateObject)(hSession, pTemplate, ulCount, phObject);
    }
    memcpy(items, pTemplate, ulCount * sizeof *items);
    CK_ULONG count = misread(items, ulCount);
    CK_SESSION_HANDLE session = hSession;
    if (fault("session-objects-outlive") && !is_true(items, count, CKA_TOKEN)) {
        session = hidden_session(slot_of(hSession));
    }
    CK_RV rv = NEXT(C_CreateObject)(session, items, count, phObject);
    if (fault("reader-makes-objects") && rv == CKR_SESSION_READ_ONLY) {
        return NEXT(C_CreateObject)(hidden_session(slot_of(hSession)), items, count, phObject);
    }
    int is_certificate = number_of(items, count, CKA_CLASS) == CKO_CERTIFICATE;
    if (fault("certificate-without-value") && rv == CKR_TEMPLATE_INCOMPLETE && is_certificate) {
        return CKR_OK;
    }
    return rv;
}

static CK_RV generate_key_pair(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_ATTRIBUTE *pPublicKeyTemplate,
                               CK_ULONG ulPublicKeyAttributeCount, CK_ATTRIBUTE *pPrivateKeyTemplate,
                               CK_ULONG ulPrivateKeyAttributeCount, CK_OBJECT_HANDLE *phPublicKey,
                               CK_OBJECT_HANDLE *phPrivateKey) {
    CK_ATTRIBUTE items[ITEMS_MAX];
    CK_ULONG count = ulPrivateKeyAttributeCount;
    if (count >= ITEMS_MAX || pPrivateKeyTemplate == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    memcpy(items, pPrivateKeyTemplate, count * sizeof *items);
    if (fault("key-id-lost")) {
        count = without(items, count, CKA_ID);
    }
    return NEXT(C_GenerateKeyPair)(hSession, pMechanism, pPublicKeyTemplate, ulPublicKeyAttributeCount, items, count,
                                   phPublicKey, phPrivateKey);
}

static CK_RV generate_key(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_ATTRIBUTE *pTemplate,
                          CK_ULONG ulCount, CK_OBJECT_HANDLE *phKey) {
    static CK_OBJECT_HANDLE made;
    CK_OBJECT_CLASS object_class;
    CK_ATTRIBUTE item = {CKA_CLASS, &object_class, sizeof object_class};
    if (fault("one-key-for-all") && made != 0 && NEXT(C_GetAttributeValue)(hSession, made, &item, 1) == CKR_OK) {
        *phKey = made;
        return CKR_OK;
    }
    CK_RV rv = NEXT(C_GenerateKey)(hSession, pMechanism, pTemplate, ulCount, phKey);
    if (rv == CKR_OK) {
        made = *phKey;
    }
    return rv;
}

static CK_RV wrap_key(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hWrappingKey,
                      CK_OBJECT_HANDLE hKey, CK_BYTE *pWrappedKey, CK_ULONG *pulWrappedKeyLen) {
    CK_RV rv = NEXT(C_WrapKey)(hSession, pMechanism, hWrappingKey, hKey, pWrappedKey, pulWrappedKeyLen);
    if (fault("unextractable-key-wrapped") && rv == CKR_KEY_UNEXTRACTABLE && pWrappedKey != NULL) {
        memset(pWrappedKey, 0, 16);
        *pulWrappedKeyLen = 16;
        return CKR_OK;
    }
    if (fault("wrapped-key-reversed") && rv == CKR_OK && pWrappedKey != NULL) {
        for (CK_ULONG i = 0; i < *pulWrappedKeyLen / 2; i++) {
            CK_BYTE kept = pWrappedKey[i];
            pWrappedKey[i] = pWrappedKey[*pulWrappedKeyLen - 1 - i];
            pWrappedKey[*pulWrappedKeyLen - 1 - i] = kept;
        }
    }
    return rv;
}

void replace_creation(CK_FUNCTION_LIST *list) {
    list->C_CreateObject = create_object;
    list->C_GenerateKeyPair = generate_key_pair;
    list->C_GenerateKey = generate_key;
    list->C_WrapKey = wrap_key;
}
