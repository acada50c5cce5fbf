/* PINs, as applications and their functions use them inside the engine. */
#ifndef GMPKI_SOFTTOKEN_PIN_H
#define GMPKI_SOFTTOKEN_PIN_H

#include "softtoken/device.h"

/* ST_ERR_PIN_LEN unless a PIN of this length may be set. */
ST_CHECKED enum st_status st_pin_check_len(GMPKI_SECRET const char *pin);

/* Give a role its PIN, all tries, and the keys that it wraps: 16 bytes for the user, 32 for the administrator. */
ST_CHECKED enum st_status st_pin_set(st_device *device, st_application *application, int role,
                                     GMPKI_SECRET const char *pin, GMPKI_SECRET const uint8_t *keys, int is_default);

/* Take a role's PIN away. */
void st_pin_clear(st_pin *pin);

/*
 * Spend a try, durably, and then look at the PIN. When it is right, keys receives what it wraps and all tries are back
 * in the model, which the caller saves by st_save_now. tries_left (may be NULL): see engine.h.
 */
ST_CHECKED enum st_status st_pin_show(st_device *device, st_application *application, int role,
                                      GMPKI_SECRET const char *pin, GMPKI_OUT uint8_t keys[ST_WRAPPED_KEYS_MAX],
                                      uint32_t *tries_left);

#endif /* GMPKI_SOFTTOKEN_PIN_H */
