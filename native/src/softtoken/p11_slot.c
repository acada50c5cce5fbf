/* Slots: the table, C_GetSlotList, C_GetSlotInfo, C_WaitForSlotEvent. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "softtoken/model.h"
#include "softtoken/p11.h"
#include "softtoken/p11_object.h"
#include "softtoken/p11_text.h"

static st_p11_slot *slots; /* in the order of their ids */
static CK_SLOT_ID next_id;
static int refreshed; /* since C_Initialize */

enum { EVENT_POLL_MS = 50 };

/* ---- the table --------------------------------------------------------------------------- */

static st_p11_slot *slot_of(const char *serial, int initialized, uint32_t application) {
    for (st_p11_slot *slot = slots; slot != NULL; slot = slot->next) {
        if (strcmp(slot->serial, serial) == 0 && slot->initialized == initialized &&
            (!initialized || slot->application == application)) {
            return slot;
        }
    }
    return NULL;
}

/* The slot becomes part of the table, unless it is, and has a token now. */
static CK_RV see(const char *serial, int initialized, uint32_t application) {
    st_p11_slot *slot = slot_of(serial, initialized, application);
    if (slot == NULL) {
        slot = calloc(1, sizeof *slot);
        if (slot == NULL) {
            return CKR_HOST_MEMORY;
        }
        slot->id = next_id++;
        memcpy(slot->serial, serial, strlen(serial) + 1);
        slot->initialized = initialized;
        slot->application = application;
        slot->login = ST_P11_NOBODY;
        st_p11_slot **end = &slots;
        while (*end != NULL) {
            end = &(*end)->next;
        }
        *end = slot;
    }
    slot->present = 1;
    return CKR_OK;
}

/* The slots of one device that is there. */
static CK_RV see_device(const char *serial) {
    uint32_t applications[ST_APPLICATIONS_MAX];
    size_t count = ST_APPLICATIONS_MAX;
    st_device_info info;
    st_device *device;
    if (st_device_open(serial, &device) != ST_OK) {
        return CKR_OK; /* pulled out since, or damaged: a slot that cannot be used is none */
    }
    enum st_status status = st_device_get_info(device, &info);
    if (status == ST_OK) {
        status = st_application_list(device, applications, &count);
    }
    CK_RV rv = CKR_OK;
    for (size_t i = 0; status == ST_OK && i < count && rv == CKR_OK; i++) {
        rv = see(serial, 1, applications[i]);
    }
    if (status == ST_OK && rv == CKR_OK && count < info.max_applications) {
        rv = see(serial, 0, 0);
    }
    st_device_close(device);
    return rv;
}

CK_RV st_p11_slots_refresh(void) {
    char (*serials)[ST_SERIAL_MAX + 1] = calloc(ST_LIST_MAX, sizeof *serials);
    size_t count = ST_LIST_MAX;
    if (serials == NULL) {
        return CKR_HOST_MEMORY;
    }
    CK_RV rv = st_p11_status(st_device_list(1, serials, &count));
    for (st_p11_slot *slot = slots; slot != NULL && rv == CKR_OK; slot = slot->next) {
        slot->present = 0;
    }
    for (size_t i = 0; i < count && rv == CKR_OK; i++) {
        rv = see_device(serials[i]);
    }
    free(serials);
    for (st_p11_slot *slot = slots; slot != NULL && rv == CKR_OK; slot = slot->next) {
        if (!slot->present) {
            st_p11_slot_reset(slot);
        }
    }
    refreshed = refreshed || rv == CKR_OK;
    return rv;
}

/* The table as C_GetSlotList last told it, or for the first time. */
static CK_RV known_slots(void) {
    return refreshed ? CKR_OK : st_p11_slots_refresh();
}

CK_RV st_p11_slot_find(CK_SLOT_ID id, st_p11_slot **slot) {
    CK_RV rv = known_slots();
    if (rv != CKR_OK) {
        return rv;
    }
    for (*slot = slots; *slot != NULL; *slot = (*slot)->next) {
        if ((*slot)->id == id) {
            return CKR_OK;
        }
    }
    return CKR_SLOT_ID_INVALID;
}

CK_RV st_p11_slot_open(st_p11_slot *slot) {
    if (slot->device != NULL) {
        return CKR_OK;
    }
    enum st_status status = st_device_open(slot->serial, &slot->device);
    if (status != ST_OK) {
        slot->device = NULL;
    }
    CK_RV rv = st_p11_status(status);
    return rv == CKR_DEVICE_REMOVED ? CKR_TOKEN_NOT_PRESENT : rv;
}

void st_p11_slot_reset(st_p11_slot *slot) {
    st_p11_sessions_close(slot);
    st_p11_objects_free(slot);
    slot->login = ST_P11_NOBODY;
    st_p11_slot_close(slot);
}

void st_p11_slot_close(st_p11_slot *slot) {
    if (slot->device != NULL) {
        st_device_close(slot->device);
        slot->device = NULL;
    }
}

void st_p11_slots_free(void) {
    while (slots != NULL) {
        st_p11_slot *slot = slots;
        st_p11_slot_reset(slot);
        slots = slot->next;
        free(slot);
    }
    next_id = 0;
    refreshed = 0;
}

/* ---- the functions ----------------------------------------------------------------------- */

static CK_RV list(CK_BBOOL token_present, CK_SLOT_ID *ids, CK_ULONG *count) {
    if (count == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    /* Only a call that asks for the number may change what there is (2.40, 5.5). */
    CK_RV rv = ids == NULL ? st_p11_slots_refresh() : known_slots();
    if (rv != CKR_OK) {
        return rv;
    }
    CK_ULONG room = *count;
    *count = 0;
    for (const st_p11_slot *slot = slots; slot != NULL; slot = slot->next) {
        if (slot->present || !token_present) {
            if (ids != NULL && *count < room) {
                ids[*count] = slot->id;
            }
            (*count)++;
        }
    }
    return ids != NULL && *count > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV C_GetSlotList(CK_BBOOL tokenPresent, CK_SLOT_ID *pSlotList, CK_ULONG *pulCount) {
    CK_RV rv = st_p11_enter();
    return rv == CKR_OK ? st_p11_leave(list(tokenPresent, pSlotList, pulCount)) : rv;
}

static int is_present(const st_p11_slot *slot) {
    int state;
    return slot->present && st_device_state(slot->serial, &state) == ST_OK && state == ST_PRESENT;
}

static CK_RV slot_info(CK_SLOT_ID id, CK_SLOT_INFO *info) {
    st_p11_slot *slot;
    char description[sizeof info->slotDescription + 1];
    if (info == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = st_p11_slot_find(id, &slot);
    if (rv != CKR_OK) {
        return rv;
    }
    memset(info, 0, sizeof *info);
    (void)snprintf(description, sizeof description, "gmpki software token %s", slot->serial);
    st_p11_blank_fill(info->slotDescription, sizeof info->slotDescription, description);
    st_p11_blank_fill(info->manufacturerID, sizeof info->manufacturerID, ST_P11_MANUFACTURER);
    info->flags = CKF_REMOVABLE_DEVICE | (is_present(slot) ? CKF_TOKEN_PRESENT : 0);
    info->hardwareVersion = (CK_VERSION){1, 0};
    info->firmwareVersion = st_p11_version();
    return CKR_OK;
}

CK_RV C_GetSlotInfo(CK_SLOT_ID slotID, CK_SLOT_INFO *pInfo) {
    CK_RV rv = st_p11_enter();
    return rv == CKR_OK ? st_p11_leave(slot_info(slotID, pInfo)) : rv;
}

/* ---- events ------------------------------------------------------------------------------ */

/* A slot whose token came or went since anybody last looked; NULL when there is none. */
static CK_RV changed_slot(st_p11_slot **changed) {
    *changed = NULL;
    for (st_p11_slot *slot = slots; slot != NULL; slot = slot->next) {
        slot->was_present = slot->present;
    }
    CK_RV rv = st_p11_slots_refresh();
    for (st_p11_slot *slot = slots; slot != NULL && rv == CKR_OK && *changed == NULL; slot = slot->next) {
        if (slot->present != slot->was_present) {
            *changed = slot;
        }
    }
    for (st_p11_slot *slot = slots; slot != NULL; slot = slot->next) {
        if (slot != *changed) {
            slot->present = slot->was_present; /* told by the next call */
        }
    }
    return rv;
}

/* Waiting is by looking again: the lock is free meanwhile, so C_Finalize ends it (2.40, 5.5). */
CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *pSlot, void *pReserved) {
    static const struct timespec pause = {0, EVENT_POLL_MS * 1000000L};
    for (int first = 1;; first = 0) {
        st_p11_slot *changed;
        CK_RV rv = st_p11_enter();
        if (rv != CKR_OK) {
            return rv;
        }
        rv = pSlot == NULL || pReserved != NULL ? CKR_ARGUMENTS_BAD : CKR_OK;
        if (rv == CKR_OK && first) {
            rv = known_slots();
        }
        if (rv == CKR_OK) {
            rv = changed_slot(&changed);
        }
        if (rv == CKR_OK && changed != NULL) {
            *pSlot = changed->id;
        }
        (void)st_p11_leave(CKR_OK);
        if (rv != CKR_OK || changed != NULL) {
            return rv;
        }
        if ((flags & CKF_DONT_BLOCK) != 0) {
            return CKR_NO_EVENT;
        }
        (void)nanosleep(&pause, NULL);
    }
}
