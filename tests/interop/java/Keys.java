import java.nio.ByteBuffer;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.HashMap;
import java.util.Map;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.jcajce.spec.SM2ParameterSpec;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;

/** Keys and signatures, by the names that the tests give to algorithms. */
final class Keys {
    private static final String PROVIDER = "BC";
    private static final Map<ByteBuffer, byte[]> MADE = new HashMap<>();

    private Keys() {}

    static void register(Map<String, Peer.Command> commands) {
        commands.put("generate", Keys::generate);
        commands.put("public-of", Keys::publicOf);
        commands.put("check-key", Keys::checkKey);
        commands.put("sign", Keys::sign);
        commands.put("verify", Keys::verify);
    }

    private static Peer.Fields generate(Peer.Fields request) throws Exception {
        KeyPairGenerator generator;
        switch (request.text("algorithm")) {
            case "sm2":
            case "sm2-empty-id":
                generator = KeyPairGenerator.getInstance("EC", PROVIDER);
                generator.initialize(new ECGenParameterSpec("sm2p256v1"));
                break;
            case "p256":
                generator = KeyPairGenerator.getInstance("EC", PROVIDER);
                generator.initialize(new ECGenParameterSpec("secp256r1"));
                break;
            case "ed25519":
                generator = KeyPairGenerator.getInstance("Ed25519", PROVIDER);
                break;
            default:
                generator = KeyPairGenerator.getInstance("RSA", PROVIDER);
                generator.initialize(2048);
        }
        KeyPair pair = generator.generateKeyPair();
        MADE.put(ByteBuffer.wrap(pair.getPrivate().getEncoded()), pair.getPublic().getEncoded());
        return new Peer.Fields().put("private", pair.getPrivate().getEncoded());
    }

    /** Read a private and a public key; show that they are a pair; write the public one anew. */
    private static Peer.Fields checkKey(Peer.Fields request) throws Exception {
        PublicKey key = publicKey(SubjectPublicKeyInfo.getInstance(request.bytes("public")));
        String algorithm = request.text("algorithm");
        Signature signer = Signature.getInstance(signatureName(algorithm), PROVIDER);
        signer.initSign(privateKey(request.bytes("private")));
        byte[] signature = signer.sign();
        signer.initVerify(key);
        if (!signer.verify(signature)) {
            throw new SignatureException("the keys are not a pair");
        }
        return new Peer.Fields().put("public", key.getEncoded());
    }

    /** Give the public key of a private one that this program made; Java has no way to compute it from any other. */
    private static Peer.Fields publicOf(Peer.Fields request) {
        return new Peer.Fields().put("public", MADE.get(ByteBuffer.wrap(request.bytes("private"))));
    }

    private static Peer.Fields sign(Peer.Fields request) throws Exception {
        Signature signer = signature(request.text("algorithm"));
        signer.initSign(privateKey(request.bytes("private")));
        signer.update(request.bytes("message"));
        return new Peer.Fields().put("signature", signer.sign());
    }

    private static Peer.Fields verify(Peer.Fields request) throws Exception {
        Signature verifier = signature(request.text("algorithm"));
        verifier.initVerify(publicKey(SubjectPublicKeyInfo.getInstance(request.bytes("public"))));
        verifier.update(request.bytes("message"));
        if (!verifier.verify(request.bytes("signature"))) {
            throw new SignatureException("the signature does not hold");
        }
        return new Peer.Fields();
    }

    private static Signature signature(String algorithm) throws Exception {
        Signature signature = Signature.getInstance(signatureName(algorithm), PROVIDER);
        if (algorithm.equals("sm2-empty-id")) {
            signature.setParameter(new SM2ParameterSpec(new byte[0]));
        }
        return signature;
    }

    static String signatureName(String algorithm) {
        switch (algorithm) {
            case "sm2":
            case "sm2-empty-id":
                return "SM3withSM2";
            case "p256":
                return "SHA256withECDSA";
            case "ed25519":
                return "Ed25519";
            case "rsa-pss":
                return "SHA256withRSAandMGF1";
            default:
                return "SHA256withRSA";
        }
    }

    static PrivateKey privateKey(byte[] encoded) throws Exception {
        String name = keyName(PrivateKeyInfo.getInstance(encoded).getPrivateKeyAlgorithm().getAlgorithm().getId());
        return KeyFactory.getInstance(name, PROVIDER).generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }

    static PublicKey publicKey(SubjectPublicKeyInfo info) throws Exception {
        String name = keyName(info.getAlgorithm().getAlgorithm().getId());
        return KeyFactory.getInstance(name, PROVIDER).generatePublic(new X509EncodedKeySpec(info.getEncoded()));
    }

    private static String keyName(String oid) {
        switch (oid) {
            case "1.2.840.10045.2.1":
                return "EC";
            case "1.3.101.112":
                return "Ed25519";
            default:
                return "RSA";
        }
    }

    /** Sign structures; their signers have no way to name another user id than the default one. */
    static ContentSigner signer(Peer.Fields request) throws Exception {
        return signer(request.text("algorithm"), request.bytes("private"));
    }

    static ContentSigner signer(String algorithm, byte[] key) throws Exception {
        if (algorithm.equals("sm2-empty-id")) {
            return new JcaContentSignerBuilder(signatureName(algorithm), new SM2ParameterSpec(new byte[0]))
                    .setProvider(PROVIDER)
                    .build(privateKey(key));
        }
        return new JcaContentSignerBuilder(signatureName(algorithm)).setProvider(PROVIDER).build(privateKey(key));
    }

    static ContentVerifierProvider verifier(SubjectPublicKeyInfo key) throws Exception {
        return new JcaContentVerifierProviderBuilder().setProvider(PROVIDER).build(publicKey(key));
    }
}
