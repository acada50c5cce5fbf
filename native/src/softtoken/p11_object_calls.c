/* C_CopyObject, C_DestroyObject, C_GetObjectSize, C_GetAttributeValue, C_SetAttributeValue, C_FindObjects.... */
#include <stdlib.h>
#include <string.h>

#include "softtoken/p11_mechanism.h"
#include "softtoken/p11_object.h"

/* ---- reading ----------------------------------------------------------------------------- */

/* Whether a value must stay in the token. */
static int is_guarded(const st_p11_object *object, const st_p11_rule *rule) {
    unsigned bit = st_p11_class_bit(object->object_class);
    if ((rule->use & ST_P11_GUARDED) == 0 || (bit & (ST_P11_PRIVATE | ST_P11_SECRET)) == 0) {
        return 0;
    }
    return bit == ST_P11_PRIVATE || st_p11_is(&object->attributes, CKA_SENSITIVE) ||
           !st_p11_is(&object->attributes, CKA_EXTRACTABLE);
}

static CK_RV read_one(const st_p11_object *object, CK_ATTRIBUTE *wanted) {
    const st_p11_rule *rule = st_p11_rule_of(wanted->type);
    const st_p11_attribute *item = st_p11_get(&object->attributes, wanted->type);
    CK_ULONG room = wanted->ulValueLen;
    wanted->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    if (rule == NULL || (rule->classes & st_p11_class_bit(object->object_class)) == 0) {
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
    if (is_guarded(object, rule)) {
        return CKR_ATTRIBUTE_SENSITIVE;
    }
    if (item == NULL) {
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
    if (wanted->pValue == NULL) {
        wanted->ulValueLen = item->len;
        return CKR_OK;
    }
    if (room < item->len) {
        return CKR_BUFFER_TOO_SMALL;
    }
    if (item->len != 0) {
        memcpy(wanted->pValue, item->value, item->len);
    }
    wanted->ulValueLen = item->len;
    return CKR_OK;
}

/* Every attribute is answered, whatever became of those before it; the last refusal is the answer. */
static CK_RV read_all(const st_p11_session *session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE *items, CK_ULONG count) {
    st_p11_object *object;
    if (items == NULL && count != 0) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = st_p11_object_find(session, handle, &object);
    if (rv != CKR_OK) {
        return rv;
    }
    for (CK_ULONG i = 0; i < count; i++) {
        CK_RV one = read_one(object, &items[i]);
        rv = one != CKR_OK ? one : rv;
    }
    return rv;
}

CK_RV C_GetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
                          CK_ULONG ulCount) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave_session(session, read_all(session, hObject, pTemplate, ulCount)) : rv;
}

CK_RV C_GetObjectSize(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ULONG *pulSize) {
    st_p11_session *session;
    st_p11_object *object;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = pulSize == NULL ? CKR_ARGUMENTS_BAD : st_p11_object_find(session, hObject, &object);
    if (rv == CKR_OK) {
        *pulSize = 0;
        for (size_t i = 0; i < object->attributes.count; i++) {
            *pulSize += object->attributes.items[i].len;
        }
    }
    return st_p11_leave_session(session, rv);
}

/* ---- changing ---------------------------------------------------------------------------- */

/* Flags that only ever go one way (2.40, 4.9): what was secret stays so. */
static int goes_back(const st_p11_object *object, const st_p11_attribute *change) {
    int was = st_p11_is(&object->attributes, change->type);
    int becomes = change->len == 1 && change->value[0] != CK_FALSE;
    switch (change->type) {
    case CKA_PRIVATE: /* a copy that nobody must log in for would lie in clear, too */
    case CKA_SENSITIVE:
    case CKA_WRAP_WITH_TRUSTED:
        return was && !becomes;
    case CKA_EXTRACTABLE:
        return !was && becomes;
    default:
        return 0;
    }
}

static CK_RV check_changes(const st_p11_session *session, const st_p11_object *object, const st_p11_attributes *changes,
                           unsigned use) {
    unsigned bit = st_p11_class_bit(object->object_class);
    for (size_t i = 0; i < changes->count; i++) {
        const st_p11_attribute *change = &changes->items[i];
        const st_p11_rule *rule = st_p11_rule_of(change->type);
        if ((rule->classes & bit) == 0) {
            return CKR_ATTRIBUTE_TYPE_INVALID;
        }
        if (st_p11_equals(&object->attributes, change->type, change->value, change->len)) {
            continue; /* no change at all */
        }
        if ((rule->use & use) == 0 || goes_back(object, change) ||
            (change->type == CKA_TRUSTED && session->slot->login != CKU_SO)) {
            return CKR_ATTRIBUTE_READ_ONLY;
        }
    }
    return CKR_OK;
}

/* An object that this login may write, and whose flag does not forbid it. */
static CK_RV find_writable(st_p11_session *session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE flag,
                           st_p11_object **object) {
    CK_RV rv = st_p11_object_find(session, handle, object);
    if (rv == CKR_OK) {
        rv = st_p11_may_write(session, *object);
    }
    return rv == CKR_OK && !st_p11_is(&(*object)->attributes, flag) ? CKR_ACTION_PROHIBITED : rv;
}

static CK_RV change(st_p11_session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *items, CK_ULONG count) {
    st_p11_attributes changes = {0};
    st_p11_object *object;
    CK_RV rv = find_writable(session, handle, CKA_MODIFIABLE, &object);
    if (rv == CKR_OK) {
        rv = st_p11_read_template(&changes, items, count);
    }
    if (rv == CKR_OK) {
        rv = check_changes(session, object, &changes, ST_P11_CHANGED);
    }
    if (rv == CKR_OK) {
        rv = st_p11_store_changed(session, object, &changes);
    }
    st_p11_clear(&changes);
    return rv;
}

CK_RV C_SetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
                          CK_ULONG ulCount) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave_session(session, change(session, hObject, pTemplate, ulCount)) : rv;
}

/* ---- copying and destroying -------------------------------------------------------------- */

static CK_RV copy(st_p11_session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *items, CK_ULONG count,
                  CK_OBJECT_HANDLE *copied) {
    st_p11_attributes changes = {0}, set = {0};
    st_p11_object *object;
    if (copied == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = st_p11_object_find(session, handle, &object);
    if (rv == CKR_OK && !st_p11_is(&object->attributes, CKA_COPYABLE)) {
        rv = CKR_ACTION_PROHIBITED;
    }
    if (rv == CKR_OK) {
        rv = st_p11_read_template(&changes, items, count);
    }
    if (rv == CKR_OK) {
        rv = check_changes(session, object, &changes, ST_P11_COPY_ONLY);
    }
    if (rv == CKR_OK) {
        rv = st_p11_merge(&set, &object->attributes);
    }
    if (rv == CKR_OK) {
        rv = st_p11_merge(&set, &changes);
    }
    if (rv == CKR_OK) {
        rv = st_p11_may_make(session, &set);
    }
    if (rv == CKR_OK) {
        rv = st_p11_store_new(session, &set, copied);
    }
    st_p11_clear(&changes);
    st_p11_clear(&set);
    return rv;
}

CK_RV C_CopyObject(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount,
                   CK_OBJECT_HANDLE *phNewObject) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    return st_p11_leave_session(session, copy(session, hObject, pTemplate, ulCount, phNewObject));
}

CK_RV C_DestroyObject(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject) {
    st_p11_session *session;
    st_p11_object *object;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = find_writable(session, hObject, CKA_DESTROYABLE, &object);
    if (rv == CKR_OK) {
        rv = st_p11_store_destroy(session, object);
    }
    return st_p11_leave_session(session, rv);
}

/* ---- searching --------------------------------------------------------------------------- */

/* Whether an object has every attribute of the template. A value that must stay in the token matches nothing: guesses
 * at it would be answered. */
static int matches(const st_p11_object *object, const st_p11_attributes *wanted) {
    for (size_t i = 0; i < wanted->count; i++) {
        const st_p11_attribute *item = &wanted->items[i];
        if (is_guarded(object, st_p11_rule_of(item->type)) ||
            !st_p11_equals(&object->attributes, item->type, item->value, item->len)) {
            return 0;
        }
    }
    return 1;
}

/* The template of a search. What this token does not know matches no object: 0. */
static CK_RV read_wanted(st_p11_attributes *wanted, const CK_ATTRIBUTE *items, CK_ULONG count, int *can_match) {
    CK_RV rv = st_p11_read_template(wanted, items, count);
    *can_match = rv == CKR_OK;
    if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_VALUE_INVALID) {
        return CKR_OK;
    }
    if (rv == CKR_OK && st_p11_get(wanted, CKA_KEY_TYPE) != NULL) {
        rv = st_p11_set_ulong(wanted, CKA_KEY_TYPE, st_p11_unalias_key_type(st_p11_ulong(wanted, CKA_KEY_TYPE, 0)));
    }
    return rv;
}

static CK_RV collect(st_p11_session *session, const st_p11_attributes *wanted, int can_match) {
    size_t count = 0;
    for (const st_p11_object *object = session->slot->objects; object != NULL; object = object->next) {
        count++;
    }
    session->found = malloc((count + 1) * sizeof *session->found);
    if (session->found == NULL) {
        return CKR_HOST_MEMORY;
    }
    session->found_count = session->found_next = 0;
    for (const st_p11_object *object = session->slot->objects; object != NULL && can_match; object = object->next) {
        if (st_p11_object_visible(session->slot, object) && matches(object, wanted)) {
            session->found[session->found_count++] = object->handle;
        }
    }
    return CKR_OK;
}

static CK_RV search(st_p11_session *session, const CK_ATTRIBUTE *items, CK_ULONG count) {
    st_p11_attributes wanted = {0};
    int can_match;
    if (session->found != NULL) {
        return CKR_OPERATION_ACTIVE;
    }
    CK_RV rv = read_wanted(&wanted, items, count, &can_match);
    if (rv == CKR_OK) {
        rv = st_p11_objects_refresh(session->slot);
    }
    if (rv == CKR_OK) {
        rv = collect(session, &wanted, can_match);
    }
    st_p11_clear(&wanted);
    return rv;
}

CK_RV C_FindObjectsInit(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave_session(session, search(session, pTemplate, ulCount)) : rv;
}

CK_RV C_FindObjects(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE *phObject, CK_ULONG ulMaxObjectCount,
                    CK_ULONG *pulObjectCount) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    if (session->found == NULL) {
        return st_p11_leave(CKR_OPERATION_NOT_INITIALIZED);
    }
    if (pulObjectCount == NULL || (phObject == NULL && ulMaxObjectCount != 0)) {
        return st_p11_leave(CKR_ARGUMENTS_BAD);
    }
    for (*pulObjectCount = 0; *pulObjectCount < ulMaxObjectCount && session->found_next < session->found_count;) {
        phObject[(*pulObjectCount)++] = session->found[session->found_next++];
    }
    return st_p11_leave(CKR_OK);
}

CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE hSession) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    if (session->found == NULL) {
        return st_p11_leave(CKR_OPERATION_NOT_INITIALIZED);
    }
    st_p11_search_end(session);
    return st_p11_leave(CKR_OK);
}
