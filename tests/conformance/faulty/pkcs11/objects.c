/* Faults of objects that are there: found, read, changed, copied, destroyed. */
#include "faulty.h"

/* ---- reading
 * ------------------------------------------------------------------------------
 */

/* A value that is longer than its room is written all the same. */
static CK_RV read_beyond(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *item) {
    CK_BYTE value[ROOM];
    CK_ATTRIBUTE whole = {item->type, value, sizeof value};
    CK_RV rv = NEXT(C_GetAttributeValue)(session, object, &whole, 1);
    if (rv == CKR_OK) {
        memcpy(item->pValue, value, whole.ulValueLen);
        item->ulValueLen = whole.ulValueLen;
    }
    return rv;
}

/* The point without the OCTET STRING around it. */
static CK_RV read_bare_point(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *item) {
    CK_BYTE value[ROOM];
    CK_ATTRIBUTE whole = {item->type, value, sizeof value};
    CK_RV rv = NEXT(C_GetAttributeValue)(session, object, &whole, 1);
    CK_ULONG len = whole.ulValueLen - 2;
    if (rv != CKR_OK || whole.ulValueLen < 2) {
        item->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return rv;
    }
    if (item->pValue != NULL && item->ulValueLen >= len) {
        memcpy(item->pValue, value + 2, len);
    }
    item->ulValueLen = len;
    return CKR_OK;
}

static CK_OBJECT_CLASS class_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
    CK_OBJECT_CLASS found = CK_UNAVAILABLE_INFORMATION;
    CK_ATTRIBUTE item = {CKA_CLASS, &found, sizeof found};
    (void)NEXT(C_GetAttributeValue)(session, object, &item, 1);
    return found;
}

/* What is said of one attribute after it was read right. */
static CK_RV twist(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *item, CK_RV rv) {
    static const CK_BYTE secret[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    CK_BYTE *value = item->pValue;
    int has_value = rv == CKR_OK && value != NULL && item->ulValueLen != 0;
    if (fault("sensitive-value-given") && rv == CKR_ATTRIBUTE_SENSITIVE && item->type == CKA_VALUE && value != NULL) {
        for (CK_BYTE i = 0; i < sizeof secret; i++) {
            value[i] = (CK_BYTE)(secret[i] + 0x40);
        }
        item->ulValueLen = sizeof secret;
        return CKR_OK;
    }
    if (fault("imported-key-never-outside") && has_value &&
        (item->type == CKA_ALWAYS_SENSITIVE || item->type == CKA_NEVER_EXTRACTABLE)) {
        value[0] = CK_TRUE;
    }
    if (fault("generated-key-not-local") && has_value && item->type == CKA_LOCAL) {
        value[0] = CK_FALSE;
    }
    if (fault("certificate-changed") && has_value && item->type == CKA_VALUE &&
        class_of(session, object) == CKO_CERTIFICATE) {
        value[item->ulValueLen - 1] ^= 1;
    }
    if (fault("sm2-point-off-curve") && has_value && item->type == CKA_EC_POINT) {
        value[item->ulValueLen - 1] ^= 1;
    }
    if (fault("too-small-is-ok") && rv == CKR_BUFFER_TOO_SMALL) {
        item->ulValueLen = 0;
        return CKR_OK;
    }
    if (fault("attribute-overruns") && rv == CKR_BUFFER_TOO_SMALL) {
        return read_beyond(session, object, item);
    }
    return rv;
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
                                 CK_ULONG ulCount) {
    CK_RV answer = CKR_OK;
    if (pTemplate == NULL || ulCount == 0) {
        return NEXT(C_GetAttributeValue)(hSession, hObject, pTemplate, ulCount);
    }
    for (CK_ULONG i = 0; i < ulCount; i++) {
        CK_RV rv = fault("sm2-point-bare") && pTemplate[i].type == CKA_EC_POINT
                       ? read_bare_point(hSession, hObject, &pTemplate[i])
                       : NEXT(C_GetAttributeValue)(hSession, hObject, &pTemplate[i], 1);
        rv = twist(hSession, hObject, &pTemplate[i], rv);
        if (rv != CKR_OK) {
            answer = rv;
            if (fault("stops-at-unknown-attribute")) {
                return answer;
            }
        }
    }
    return answer;
}

/* ---- changing, copying, destroying
 * -------------------------------------------------------- */

static CK_RV set_attribute_value(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
                                 CK_ULONG ulCount) {
    CK_RV rv = NEXT(C_SetAttributeValue)(hSession, hObject, pTemplate, ulCount);
    if (fault("frozen-object-changed") && rv == CKR_ACTION_PROHIBITED) {
        return CKR_OK;
    }
    return fault("sensitive-taken-back") && rv == CKR_ATTRIBUTE_READ_ONLY ? CKR_OK : rv;
}

static CK_RV copy_object(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
                         CK_ULONG ulCount, CK_OBJECT_HANDLE *phNewObject) {
    return NEXT(C_CopyObject)(hSession, hObject, pTemplate, fault("copy-ignores-template") ? 0 : ulCount, phNewObject);
}

static CK_RV destroy_object(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject) {
    if (fault("destroyed-object-lives")) {
        return CKR_OK;
    }
    CK_RV rv = NEXT(C_DestroyObject)(hSession, hObject);
    return fault("unknown-object-destroyed") && rv == CKR_OBJECT_HANDLE_INVALID ? CKR_OK : rv;
}

/* ---- searching
 * ----------------------------------------------------------------------------
 */

static CK_RV find_objects_init(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount) {
    CK_RV rv = NEXT(C_FindObjectsInit)(hSession, pTemplate, ulCount);
    if (fault("search-begun-anew") && rv == CKR_OPERATION_ACTIVE) {
        (void)NEXT(C_FindObjectsFinal)(hSession);
        return NEXT(C_FindObjectsInit)(hSession, pTemplate, ulCount);
    }
    return rv;
}

static CK_RV find_objects(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE *phObject, CK_ULONG ulMaxObjectCount,
                          CK_ULONG *pulObjectCount) {
    CK_RV rv = NEXT(C_FindObjects)(hSession, phObject, ulMaxObjectCount, pulObjectCount);
    if (fault("search-loses-one") && rv == CKR_OK && *pulObjectCount == ulMaxObjectCount && ulMaxObjectCount > 1) {
        (*pulObjectCount)--;
    }
    return rv;
}

void replace_objects(CK_FUNCTION_LIST *list) {
    list->C_GetAttributeValue = get_attribute_value;
    list->C_SetAttributeValue = set_attribute_value;
    list->C_CopyObject = copy_object;
    list->C_DestroyObject = destroy_object;
    list->C_FindObjectsInit = find_objects_init;
    list->C_FindObjects = find_objects;
}
