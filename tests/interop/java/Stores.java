import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.CipherInputStream;
import javax.crypto.CipherOutputStream;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.EncryptionScheme;
import org.bouncycastle.asn1.pkcs.KeyDerivationFunc;
import org.bouncycastle.asn1.pkcs.PBES2Parameters;
import org.bouncycastle.asn1.pkcs.PBKDF2Params;
import org.bouncycastle.asn1.pkcs.PBMAC1Params;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.Pfx;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.operator.GenericKey;
import org.bouncycastle.operator.InputDecryptor;
import org.bouncycastle.operator.InputDecryptorProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.operator.bc.BcDefaultDigestProvider;
import org.bouncycastle.pkcs.PKCS12PfxPdu;
import org.bouncycastle.pkcs.PKCS12PfxPduBuilder;
import org.bouncycastle.pkcs.PKCS12SafeBag;
import org.bouncycastle.pkcs.PKCS12SafeBagBuilder;
import org.bouncycastle.pkcs.PKCS12SafeBagFactory;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.bc.BcPKCS12MacCalculatorBuilder;
import org.bouncycastle.pkcs.bc.BcPKCS12MacCalculatorBuilderProvider;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEInputDecryptorProviderBuilder;

/** PKCS #12 files: through the key stores of Java and of Bouncy Castle, and part by part. */
final class Stores {
    private static final int ITERATIONS = 1000;

    private Stores() {}

    static void register(Map<String, Peer.Command> commands) {
        commands.put("read-store", Stores::readStore);
        commands.put("make-store", Stores::makeStore);
        commands.put("read-pfx", Stores::readPfx);
        commands.put("make-pfx", Stores::makePfx);
    }

    private static char[] password(Peer.Fields request) {
        return new String(request.bytes("password"), StandardCharsets.UTF_8).toCharArray();
    }

    // ---- key stores ---------------------------------------------------------------------
    private static Peer.Fields readStore(Peer.Fields request) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12", request.text("provider"));
        store.load(new ByteArrayInputStream(request.bytes("store")), password(request));
        Peer.Fields answer = new Peer.Fields();
        List<String> aliases = Collections.list(store.aliases());
        int keys = 0;
        for (String alias : aliases) {
            Key key = store.getKey(alias, password(request));
            if (key == null) {
                continue;
            }
            answer.put("key" + keys, key.getEncoded());
            answer.put("alias" + keys, alias);
            Certificate[] chain = store.getCertificateChain(alias);
            answer.put("certificate" + keys, chain == null ? new byte[0] : chain[0].getEncoded());
            for (int i = 0; chain != null && i < chain.length; i++) {
                answer.put("chain" + keys + "-" + i, chain[i].getEncoded());
            }
            keys++;
        }
        return answer.put("keys", Integer.toString(keys)).put("aliases", Integer.toString(aliases.size()));
    }

    private static Peer.Fields makeStore(Peer.Fields request) throws Exception {
        KeyStore store = KeyStore.getInstance(request.text("type"), request.text("provider"));
        store.load(null, null);
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        List<Certificate> chain = new ArrayList<>();
        chain.add(factory.generateCertificate(new ByteArrayInputStream(request.bytes("certificate"))));
        for (X509CertificateHolder authority : Messages.certificates(request, "authority")) {
            chain.add(factory.generateCertificate(new ByteArrayInputStream(authority.getEncoded())));
        }
        PrivateKey key = Keys.privateKey(request.bytes("private"));
        store.setKeyEntry(request.text("alias"), key, password(request), chain.toArray(new Certificate[0]));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        store.store(out, password(request));
        return new Peer.Fields().put("store", out.toByteArray());
    }

    // ---- part by part -------------------------------------------------------------------
    private static Peer.Fields readPfx(Peer.Fields request) throws Exception {
        PKCS12PfxPdu pfx = new PKCS12PfxPdu(request.bytes("store"));
        checkMac(pfx, request);
        InputDecryptorProvider old =
                new JcePKCSPBEInputDecryptorProviderBuilder().setProvider("BC").build(password(request));
        InputDecryptorProvider decryptor =
                algorithm -> usesSm4(algorithm) ? sm4Decryptor(algorithm, request) : old.get(algorithm);
        Peer.Fields answer = new Peer.Fields();
        int keys = 0;
        int certificates = 0;
        for (org.bouncycastle.asn1.pkcs.ContentInfo info : pfx.getContentInfos()) {
            boolean encrypted = info.getContentType().equals(PKCSObjectIdentifiers.encryptedData);
            PKCS12SafeBagFactory bags =
                    encrypted ? new PKCS12SafeBagFactory(info, decryptor) : new PKCS12SafeBagFactory(info);
            for (PKCS12SafeBag bag : bags.getSafeBags()) {
                Object value = bag.getBagValue();
                if (value instanceof PKCS8EncryptedPrivateKeyInfo) {
                    PrivateKeyInfo key = ((PKCS8EncryptedPrivateKeyInfo) value).decryptPrivateKeyInfo(decryptor);
                    answer.put("key" + keys++, key.getEncoded());
                } else if (value instanceof X509CertificateHolder) {
                    answer.put("certificate" + certificates++, ((X509CertificateHolder) value).getEncoded());
                }
            }
        }
        return answer.put("keys", Integer.toString(keys)).put("certificates", Integer.toString(certificates));
    }

    // ---- SM4, whose identifier the provider of 1.72 does not know, by its parts --------------
    private static PBES2Parameters pbes2(AlgorithmIdentifier algorithm) {
        return PBES2Parameters.getInstance(algorithm.getParameters());
    }

    private static boolean usesSm4(AlgorithmIdentifier algorithm) {
        return algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBES2)
                && pbes2(algorithm).getEncryptionScheme().getAlgorithm().equals(GMObjectIdentifiers.sms4_cbc);
    }

    private static byte[] derive(PBKDF2Params asked, byte[] password, int length) {
        boolean sm3 = asked.getPrf().getAlgorithm().equals(GMObjectIdentifiers.hmac_sm3);
        PKCS5S2ParametersGenerator generator =
                new PKCS5S2ParametersGenerator(sm3 ? new SM3Digest() : new SHA256Digest());
        generator.init(password, asked.getSalt(), asked.getIterationCount().intValueExact());
        return ((KeyParameter) generator.generateDerivedMacParameters(8 * length)).getKey();
    }

    private static Cipher sm4(int mode, AlgorithmIdentifier algorithm, Peer.Fields request)
            throws OperatorCreationException {
        PBES2Parameters parameters = pbes2(algorithm);
        PBKDF2Params asked = PBKDF2Params.getInstance(parameters.getKeyDerivationFunc().getParameters());
        byte[] iv = ASN1OctetString.getInstance(parameters.getEncryptionScheme().getParameters()).getOctets();
        try {
            Cipher cipher = Cipher.getInstance("SM4/CBC/PKCS7Padding", "BC");
            SecretKeySpec key = new SecretKeySpec(derive(asked, request.bytes("password"), 16), "SM4");
            cipher.init(mode, key, new IvParameterSpec(iv));
            return cipher;
        } catch (GeneralSecurityException error) {
            throw new OperatorCreationException("SM4", error);
        }
    }

    private static InputDecryptor sm4Decryptor(AlgorithmIdentifier algorithm, Peer.Fields request)
            throws OperatorCreationException {
        Cipher cipher = sm4(Cipher.DECRYPT_MODE, algorithm, request);
        return new InputDecryptor() {
            @Override
            public AlgorithmIdentifier getAlgorithmIdentifier() {
                return algorithm;
            }

            @Override
            public InputStream getInputStream(InputStream in) {
                return new CipherInputStream(in, cipher);
            }
        };
    }

    private static OutputEncryptor sm4Encryptor(Peer.Fields request) throws OperatorCreationException {
        SecureRandom random = new SecureRandom();
        AlgorithmIdentifier prf = new AlgorithmIdentifier(GMObjectIdentifiers.hmac_sm3, DERNull.INSTANCE);
        PBKDF2Params asked = new PBKDF2Params(random.generateSeed(16), ITERATIONS, 16, prf);
        PBES2Parameters parameters =
                new PBES2Parameters(
                        new KeyDerivationFunc(PKCSObjectIdentifiers.id_PBKDF2, asked),
                        new EncryptionScheme(
                                GMObjectIdentifiers.sms4_cbc, new DEROctetString(random.generateSeed(16))));
        AlgorithmIdentifier algorithm = new AlgorithmIdentifier(PKCSObjectIdentifiers.id_PBES2, parameters);
        Cipher cipher = sm4(Cipher.ENCRYPT_MODE, algorithm, request);
        return new OutputEncryptor() {
            @Override
            public AlgorithmIdentifier getAlgorithmIdentifier() {
                return algorithm;
            }

            @Override
            public OutputStream getOutputStream(OutputStream out) {
                return new CipherOutputStream(out, cipher);
            }

            @Override
            public GenericKey getKey() {
                throw new UnsupportedOperationException();
            }
        };
    }

    /** Check the MAC: that of RFC 7292 by the class that reads the file, PBMAC1 by its parts, because it has none. */
    private static void checkMac(PKCS12PfxPdu pfx, Peer.Fields request) throws Exception {
        AlgorithmIdentifier algorithm = pfx.getMacAlgorithmID();
        boolean holds;
        if (algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBMAC1)) {
            holds = holdsPbmac1(pfx.toASN1Structure(), algorithm, request);
        } else {
            holds = pfx.isMacValid(
                    new BcPKCS12MacCalculatorBuilderProvider(BcDefaultDigestProvider.INSTANCE), password(request));
        }
        if (!holds) {
            throw new SecurityException("the MAC does not hold");
        }
    }

    private static boolean holdsPbmac1(Pfx pfx, AlgorithmIdentifier algorithm, Peer.Fields request) {
        PBMAC1Params parameters = PBMAC1Params.getInstance(algorithm.getParameters());
        PBKDF2Params asked = PBKDF2Params.getInstance(parameters.getKeyDerivationFunc().getParameters());
        // JcePBMac1CalculatorBuilder of 1.72 comes to another value with PBKDF2-HMAC-SM3, so the parts are used.
        if (!asked.getPrf().getAlgorithm().equals(GMObjectIdentifiers.hmac_sm3)
                || !parameters.getMessageAuthScheme().getAlgorithm().equals(GMObjectIdentifiers.hmac_sm3)) {
            throw new IllegalArgumentException("PBMAC1 with something else than HMAC-SM3");
        }
        HMac mac = new HMac(new SM3Digest());
        int length = asked.getKeyLength().intValueExact();
        mac.init(new KeyParameter(derive(asked, request.bytes("password"), length)));
        byte[] content = ASN1OctetString.getInstance(pfx.getAuthSafe().getContent()).getOctets();
        mac.update(content, 0, content.length);
        byte[] found = new byte[mac.getMacSize()];
        mac.doFinal(found, 0);
        return Arrays.equals(found, pfx.getMacData().getMac().getDigest());
    }

    /** Make a file with SM4-CBC under PBKDF2-HMAC-SM3, and the MAC of RFC 7292 with SM3. */
    private static Peer.Fields makePfx(Peer.Fields request) throws Exception {
        OutputEncryptor encryptor = sm4Encryptor(request);
        PKCS12PfxPduBuilder builder = new PKCS12PfxPduBuilder();
        List<PKCS12SafeBag> certificates = new ArrayList<>();
        X509CertificateHolder own = new X509CertificateHolder(request.bytes("certificate"));
        certificates.add(new PKCS12SafeBagBuilder(own).build());
        for (X509CertificateHolder authority : Messages.certificates(request, "authority")) {
            certificates.add(new PKCS12SafeBagBuilder(authority).build());
        }
        builder.addEncryptedData(encryptor, certificates.toArray(new PKCS12SafeBag[0]));
        PrivateKeyInfo key = PrivateKeyInfo.getInstance(request.bytes("private"));
        builder.addData(new PKCS12SafeBagBuilder(key, encryptor).build());
        BcPKCS12MacCalculatorBuilder mac =
                new BcPKCS12MacCalculatorBuilder(new SM3Digest(), new AlgorithmIdentifier(GMObjectIdentifiers.sm3));
        PKCS12PfxPdu pfx = builder.build(mac.setIterationCount(ITERATIONS), password(request));
        return new Peer.Fields().put("store", pfx.getEncoded(request.text("encoding")));
    }
}
