import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.cms.GCMParameters;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.KeyTransRecipient;
import org.bouncycastle.cms.RecipientOperator;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.operator.AsymmetricKeyWrapper;
import org.bouncycastle.operator.GenericKey;
import org.bouncycastle.operator.InputDecryptor;
import org.bouncycastle.operator.OperatorException;
import org.bouncycastle.operator.OutputAEADEncryptor;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.util.BigIntegers;

/** SM2 and SM4 in envelopes: Bouncy Castle has the ciphers and the structures, here they are put together. */
final class Sm {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int COORDINATE_LEN = 32;
    private static final int HASH_LEN = 32;
    private static final int TAG_LEN = 16;

    private Sm() {}

    static byte[] random(int length) {
        byte[] made = new byte[length];
        RANDOM.nextBytes(made);
        return made;
    }

    static byte[] randomKey() {
        return random(16);
    }

    // ---- SM2 ----------------------------------------------------------------------------
    static AsymmetricKeyWrapper wrapper(SubjectPublicKeyInfo recipient) throws IOException {
        AsymmetricKeyParameter key = PublicKeyFactory.createKey(recipient);
        return new AsymmetricKeyWrapper(new AlgorithmIdentifier(Gm.SM2_ENCRYPTION)) {
            @Override
            public byte[] generateWrappedKey(GenericKey secret) throws OperatorException {
                byte[] plain = (byte[]) secret.getRepresentation();
                SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
                engine.init(true, new ParametersWithRandom(key, RANDOM));
                try {
                    return structured(engine.processBlock(plain, 0, plain.length));
                } catch (InvalidCipherTextException | IOException error) {
                    throw new OperatorException("SM2", error);
                }
            }
        };
    }

    /** Write 04 | x | y | C3 | C2 as the SEQUENCE of GM/T 0009. */
    private static byte[] structured(byte[] bare) throws IOException {
        ASN1EncodableVector parts = new ASN1EncodableVector();
        int at = 1;
        for (int i = 0; i < 2; i++, at += COORDINATE_LEN) {
            parts.add(new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(bare, at, at + COORDINATE_LEN))));
        }
        parts.add(new DEROctetString(Arrays.copyOfRange(bare, at, at + HASH_LEN)));
        parts.add(new DEROctetString(Arrays.copyOfRange(bare, at + HASH_LEN, bare.length)));
        return new DERSequence(parts).getEncoded();
    }

    private static byte[] bare(byte[] structured) throws IOException {
        ASN1Sequence parts = ASN1Sequence.getInstance(structured);
        ByteArrayOutputStream made = new ByteArrayOutputStream();
        made.write(4);
        for (int i = 0; i < 2; i++) {
            BigInteger coordinate = ASN1Integer.getInstance(parts.getObjectAt(i)).getPositiveValue();
            made.write(BigIntegers.asUnsignedByteArray(COORDINATE_LEN, coordinate));
        }
        for (int i = 2; i < 4; i++) {
            made.write(ASN1OctetString.getInstance(parts.getObjectAt(i)).getOctets());
        }
        return made.toByteArray();
    }

    static KeyTransRecipient recipient(PrivateKey key) {
        return (keyAlgorithm, contentAlgorithm, encryptedKey) -> {
            try {
                if (!keyAlgorithm.getAlgorithm().equals(Gm.SM2_ENCRYPTION)) {
                    throw new CMSException("not SM2-3: " + keyAlgorithm.getAlgorithm());
                }
                SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
                engine.init(false, PrivateKeyFactory.createKey(key.getEncoded()));
                byte[] block = bare(encryptedKey);
                byte[] secret = engine.processBlock(block, 0, block.length);
                return new RecipientOperator(decryptor(contentAlgorithm, secret));
            } catch (InvalidCipherTextException | IOException error) {
                throw new CMSException("SM2", error);
            }
        };
    }

    // ---- contents -----------------------------------------------------------------------
    private static Cipher cipher(int mode, AlgorithmIdentifier algorithm, byte[] key) throws GeneralSecurityException {
        ASN1ObjectIdentifier oid = algorithm.getAlgorithm();
        boolean gcm = oid.equals(GMObjectIdentifiers.sms4_gcm);
        String name = oid.on(GMObjectIdentifiers.sm_scheme) ? "SM4" : "AES";
        Cipher made = Cipher.getInstance(name + (gcm ? "/GCM/NoPadding" : "/CBC/PKCS7Padding"), "BC");
        ASN1Encodable given = algorithm.getParameters();
        AlgorithmParameterSpec parameters;
        if (gcm) {
            GCMParameters read = GCMParameters.getInstance(given);
            parameters = new GCMParameterSpec(8 * read.getIcvLen(), read.getNonce());
        } else {
            parameters = new IvParameterSpec(ASN1OctetString.getInstance(given).getOctets());
        }
        made.init(mode, new SecretKeySpec(key, name), parameters);
        return made;
    }

    static OutputEncryptor cbc(ASN1ObjectIdentifier cipher, byte[] key) {
        return new Encryptor(new AlgorithmIdentifier(cipher, new DEROctetString(random(16))), key, 0);
    }

    static OutputAEADEncryptor gcm(byte[] key) {
        GCMParameters parameters = new GCMParameters(random(12), TAG_LEN);
        return new AuthenticatingEncryptor(new AlgorithmIdentifier(GMObjectIdentifiers.sms4_gcm, parameters), key);
    }

    /** Encrypts when its stream is closed; the tag, where there is one, is kept apart. */
    private static class Encryptor implements OutputEncryptor {
        private final AlgorithmIdentifier algorithm;
        private final byte[] key;
        private final int tagLen;
        final ByteArrayOutputStream associated = new ByteArrayOutputStream();
        byte[] tag = new byte[0];

        Encryptor(AlgorithmIdentifier algorithm, byte[] key, int tagLen) {
            this.algorithm = algorithm;
            this.key = key;
            this.tagLen = tagLen;
        }

        @Override
        public AlgorithmIdentifier getAlgorithmIdentifier() {
            return algorithm;
        }

        @Override
        public GenericKey getKey() {
            return new GenericKey(algorithm, key);
        }

        @Override
        public OutputStream getOutputStream(OutputStream out) {
            return new ByteArrayOutputStream() {
                @Override
                public void close() throws IOException {
                    try {
                        Cipher cipher = cipher(Cipher.ENCRYPT_MODE, algorithm, key);
                        if (associated.size() > 0) {
                            cipher.updateAAD(associated.toByteArray());
                        }
                        byte[] made = cipher.doFinal(toByteArray());
                        int end = made.length - tagLen;
                        tag = Arrays.copyOfRange(made, end, made.length);
                        out.write(made, 0, end);
                        out.close();
                    } catch (GeneralSecurityException error) {
                        throw new IOException(error);
                    }
                }
            };
        }
    }

    /** With a tag. Streams of envelopes close an encryptor of this kind otherwise, so that others must not be one. */
    private static final class AuthenticatingEncryptor extends Encryptor implements OutputAEADEncryptor {
        AuthenticatingEncryptor(AlgorithmIdentifier algorithm, byte[] key) {
            super(algorithm, key, TAG_LEN);
        }

        @Override
        public OutputStream getAADStream() {
            return associated;
        }

        @Override
        public byte[] getMAC() {
            return tag;
        }
    }

    /** Decrypts what follows, with the tag at its end where the cipher has one. */
    static InputDecryptor decryptor(AlgorithmIdentifier algorithm, byte[] key) {
        return new InputDecryptor() {
            @Override
            public AlgorithmIdentifier getAlgorithmIdentifier() {
                return algorithm;
            }

            @Override
            public InputStream getInputStream(InputStream in) {
                try {
                    Cipher cipher = cipher(Cipher.DECRYPT_MODE, algorithm, key);
                    return new ByteArrayInputStream(cipher.doFinal(in.readAllBytes()));
                } catch (GeneralSecurityException | IOException error) {
                    throw new IllegalStateException(error);
                }
            }
        };
    }
}
