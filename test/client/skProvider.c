/*
 * A FIDO key in software, for tests: a provider for OpenSSH (PROTOCOL.u2f, sk-api.h). The key handle is the private key.
 * A touch counts as given where OpenSSH asks for one.
 */
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef SK_VERSION
#define SK_VERSION 0x000a0000
#endif
#define ECDSA 0
#define ED25519 1
#define GENERAL (-1)

struct sk_enroll_response {
  uint8_t flags;
  uint8_t *public_key;
  size_t public_key_len;
  uint8_t *key_handle;
  size_t key_handle_len;
  uint8_t *signature;
  size_t signature_len;
  uint8_t *attestation_cert;
  size_t attestation_cert_len;
  uint8_t *authdata;
  size_t authdata_len;
};

struct sk_sign_response {
  uint8_t flags;
  uint32_t counter;
  uint8_t *sig_r;
  size_t sig_r_len;
  uint8_t *sig_s;
  size_t sig_s_len;
};

uint32_t sk_api_version(void) { return SK_VERSION; }

static uint8_t *copy(const uint8_t *bytes, size_t length) {
  uint8_t *copied = malloc(length);
  memcpy(copied, bytes, length);
  return copied;
}

static EC_KEY *ecdsaKey(const uint8_t *private) {
  EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
  if (private == NULL) {
    EC_KEY_generate_key(key);
    return key;
  }
  BIGNUM *number = BN_bin2bn(private, 32, NULL);
  EC_KEY_set_private_key(key, number);
  BN_free(number);
  return key;
}

int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application, uint8_t flags,
              const char *pin, void **options, struct sk_enroll_response **response) {
  struct sk_enroll_response *enrolled = calloc(1, sizeof *enrolled);
  uint8_t private[32], public[65];
  size_t length = 32;
  (void)challenge, (void)challenge_len, (void)application, (void)pin, (void)options;
  if (alg == ED25519) {
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY_get_raw_private_key(key, private, &length);
    EVP_PKEY_get_raw_public_key(key, public, &length);
    EVP_PKEY_free(key);
  } else if (alg == ECDSA) {
    EC_KEY *key = ecdsaKey(NULL);
    BN_bn2binpad(EC_KEY_get0_private_key(key), private, 32);
    length = EC_POINT_point2oct(EC_KEY_get0_group(key), EC_KEY_get0_public_key(key), POINT_CONVERSION_UNCOMPRESSED,
                                public, sizeof public, NULL);
    EC_KEY_free(key);
  } else
    return GENERAL;
  enrolled->flags = flags;
  enrolled->public_key = copy(public, enrolled->public_key_len = length);
  enrolled->key_handle = copy(private, enrolled->key_handle_len = 32);
  enrolled->signature = calloc(1, enrolled->signature_len = 1);
  *response = enrolled;
  return 0;
}

int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application, const uint8_t *key_handle,
            size_t key_handle_len, uint8_t flags, const char *pin, void **options, struct sk_sign_response **response) {
  struct sk_sign_response *signed_ = calloc(1, sizeof *signed_);
  uint8_t message[32 + 1 + 4 + 32], signature[64];
  size_t length = sizeof signature;
  (void)pin, (void)options;
  if (key_handle_len != 32) return GENERAL;
  signed_->flags = flags & 1;
  signed_->counter = 7;
  SHA256((const uint8_t *)application, strlen(application), message);
  message[32] = signed_->flags;
  memcpy(message + 33, "\0\0\0\7", 4);
  SHA256(data, data_len, message + 37);
  if (alg == ED25519) {
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key_handle, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, NULL, NULL, NULL, key);
    EVP_DigestSign(context, signature, &length, message, sizeof message);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    signed_->sig_r = copy(signature, signed_->sig_r_len = length);
  } else {
    EC_KEY *key = ecdsaKey(key_handle);
    uint8_t digest[32];
    SHA256(message, sizeof message, digest);
    ECDSA_SIG *made = ECDSA_do_sign(digest, sizeof digest, key);
    signed_->sig_r = calloc(1, signed_->sig_r_len = 32);
    signed_->sig_s = calloc(1, signed_->sig_s_len = 32);
    BN_bn2binpad(ECDSA_SIG_get0_r(made), signed_->sig_r, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(made), signed_->sig_s, 32);
    ECDSA_SIG_free(made);
    EC_KEY_free(key);
  }
  *response = signed_;
  return 0;
}

int sk_load_resident_keys(const char *pin, void **options, void ***keys, size_t *count) {
  (void)pin, (void)options, (void)keys, (void)count;
  return GENERAL;
}
