/* Which fault it is, the list of functions, and what was seen. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "faulty.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

const CK_FUNCTION_LIST *right;
seen_pin seen_user, seen_officer;

static CK_FUNCTION_LIST table;

int fault(const char *name) {
    const char *chosen = getenv("GMPKI_FAULT");
    return chosen != NULL && strcmp(chosen, name) == 0;
}

static const CK_FUNCTION_LIST *right_list(void) {
    CK_FUNCTION_LIST *found = NULL;
    CK_FN_GetFunctionList *get;
    *(void **)&get = dlsym(RTLD_NEXT, "C_GetFunctionList");
    if (get == NULL || get(&found) != CKR_OK) {
        (void)fprintf(stderr, "the software token gives no list of functions\n");
        abort();
    }
    return found;
}

/* In the list it may fail; what the module shows has to work, or nothing could
 * be loaded. */
static CK_RV listed_get_list(CK_FUNCTION_LIST **ppFunctionList) {
    CK_INFO info;
    if (fault("list-after-initialize-only") && NEXT(C_GetInfo)(&info) == CKR_CRYPTOKI_NOT_INITIALIZED) {
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    }
    *ppFunctionList = &table;
    return CKR_OK;
}

GMPKI_P11_API CK_FN_GetFunctionList C_GetFunctionList;

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ppFunctionList) {
    if (right == NULL) {
        right = right_list();
    }
    table = *right;
    table.C_GetFunctionList = listed_get_list;
    replace_general(&table);
    replace_slots(&table);
    replace_sessions(&table);
    replace_login(&table);
    replace_objects(&table);
    replace_creation(&table);
    replace_ciphers(&table);
    replace_digests(&table);
    replace_signatures(&table);
    if (fault("function-without-address")) {
        table.C_CancelFunction = NULL;
    }
    *ppFunctionList = &table;
    return CKR_OK;
}

void see_pin(seen_pin *pin, const CK_UTF8CHAR *text, CK_ULONG len) {
    if (text != NULL && len <= SEEN_PIN_MAX) {
        memcpy(pin->text, text, len);
        pin->len = len;
    }
}

CK_SLOT_ID slot_of(CK_SESSION_HANDLE session) {
    CK_SESSION_INFO info;
    return NEXT(C_GetSessionInfo)(session, &info) == CKR_OK ? info.slotID : CK_UNAVAILABLE_INFORMATION;
}

CK_SESSION_HANDLE hidden_session(CK_SLOT_ID slot) {
    static CK_SESSION_HANDLE hidden;
    CK_SESSION_INFO info;
    if (hidden != 0 && NEXT(C_GetSessionInfo)(hidden, &info) == CKR_OK) {
        return hidden;
    }
    CK_RV rv = NEXT(C_OpenSession)(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &hidden);
    return rv == CKR_OK ? hidden : 0;
}

CK_ATTRIBUTE *attribute_of(CK_ATTRIBUTE *items, CK_ULONG count, CK_ATTRIBUTE_TYPE type) {
    for (CK_ULONG i = 0; i < count; i++) {
        if (items[i].type == type) {
            return &items[i];
        }
    }
    return NULL;
}

int is_true(CK_ATTRIBUTE *items, CK_ULONG count, CK_ATTRIBUTE_TYPE type) {
    const CK_ATTRIBUTE *found = attribute_of(items, count, type);
    return found != NULL && found->ulValueLen == 1 && *(const CK_BBOOL *)found->pValue != CK_FALSE;
}

CK_ULONG number_of(CK_ATTRIBUTE *items, CK_ULONG count, CK_ATTRIBUTE_TYPE type) {
    const CK_ATTRIBUTE *found = attribute_of(items, count, type);
    CK_ULONG value = CK_UNAVAILABLE_INFORMATION;
    if (found != NULL && found->ulValueLen == sizeof value) {
        memcpy(&value, found->pValue, sizeof value);
    }
    return value;
}
