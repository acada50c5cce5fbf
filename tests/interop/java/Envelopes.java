import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.IssuerAndSerialNumber;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAESOAEPparams;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSAlgorithm;
import org.bouncycastle.cms.CMSAuthEnvelopedData;
import org.bouncycastle.cms.CMSAuthEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSEncryptedData;
import org.bouncycastle.cms.CMSEncryptedDataGenerator;
import org.bouncycastle.cms.CMSEnvelopedData;
import org.bouncycastle.cms.CMSEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSEnvelopedDataStreamGenerator;
import org.bouncycastle.cms.CMSEnvelopedGenerator;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.KeyTransRecipientId;
import org.bouncycastle.cms.KeyTransRecipientInfoGenerator;
import org.bouncycastle.cms.Recipient;
import org.bouncycastle.cms.RecipientInformation;
import org.bouncycastle.cms.RecipientInformationStore;
import org.bouncycastle.cms.jcajce.JceCMSContentEncryptorBuilder;
import org.bouncycastle.cms.jcajce.JceKeyTransAuthEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransRecipientInfoGenerator;
import org.bouncycastle.operator.OutputAEADEncryptor;
import org.bouncycastle.operator.OutputEncryptor;

/** Envelopes and encrypted contents: with RSA and AES by Bouncy Castle's own classes, with SM2 and SM4 by {@link Sm}. */
final class Envelopes {
    private Envelopes() {}

    static void register(Map<String, Peer.Command> commands) {
        commands.put("make-enveloped", Envelopes::makeEnveloped);
        commands.put("read-enveloped", Envelopes::readEnveloped);
        commands.put("make-encrypted", Envelopes::makeEncrypted);
        commands.put("read-encrypted", Envelopes::readEncrypted);
    }

    private static boolean isSm2(Peer.Fields request) {
        return request.text("algorithm").startsWith("sm2");
    }

    // ---- making -------------------------------------------------------------------------
    private static void addRecipients(CMSEnvelopedGenerator generator, Peer.Fields request) throws Exception {
        for (X509CertificateHolder holder : Messages.certificates(request, "certificate")) {
            generator.addRecipientInfoGenerator(recipient(request, holder));
        }
    }

    private static KeyTransRecipientInfoGenerator recipient(Peer.Fields request, X509CertificateHolder holder)
            throws Exception {
        if (isSm2(request)) {
            IssuerAndSerialNumber name = new IssuerAndSerialNumber(holder.toASN1Structure());
            return new KeyTransRecipientInfoGenerator(name, Sm.wrapper(holder.getSubjectPublicKeyInfo())) {};
        }
        X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509", "BC")
                .generateCertificate(new ByteArrayInputStream(holder.getEncoded()));
        if (request.text("algorithm").equals("rsa-pss")) {
            AlgorithmIdentifier sha256 =
                    new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256, DERNull.INSTANCE);
            RSAESOAEPparams parameters = new RSAESOAEPparams(
                    sha256,
                    new AlgorithmIdentifier(PKCSObjectIdentifiers.id_mgf1, sha256),
                    RSAESOAEPparams.DEFAULT_P_SOURCE_ALGORITHM);
            AlgorithmIdentifier oaep =
                    new AlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP, parameters);
            return new JceKeyTransRecipientInfoGenerator(certificate, oaep).setProvider("BC");
        }
        return new JceKeyTransRecipientInfoGenerator(certificate).setProvider("BC");
    }

    private static OutputEncryptor encryptor(Peer.Fields request) throws Exception {
        boolean authenticated = request.has("authenticated");
        if (isSm2(request)) {
            return authenticated
                    ? Sm.gcm(Sm.randomKey())
                    : Sm.cbc(GMObjectIdentifiers.sms4_cbc, Sm.randomKey());
        }
        ASN1ObjectIdentifier cipher = authenticated ? CMSAlgorithm.AES128_GCM : CMSAlgorithm.AES128_CBC;
        return new JceCMSContentEncryptorBuilder(cipher).setProvider("BC").build();
    }

    private static Peer.Fields makeEnveloped(Peer.Fields request) throws Exception {
        byte[] content = request.bytes("content");
        boolean gm = request.has("gm");
        CMSProcessableByteArray typed =
                new CMSProcessableByteArray(gm ? Gm.DATA : CMSObjectIdentifiers.data, content);
        OutputEncryptor encryptor = encryptor(request);
        ContentInfo made;
        if (request.has("streamed")) {
            CMSEnvelopedDataStreamGenerator generator = new CMSEnvelopedDataStreamGenerator();
            addRecipients(generator, request);
            ByteArrayOutputStream message = new ByteArrayOutputStream();
            try (OutputStream out = generator.open(message, encryptor)) {
                out.write(content);
            }
            return new Peer.Fields().put("message", message.toByteArray());
        } else if (request.has("authenticated")) {
            CMSAuthEnvelopedDataGenerator generator = new CMSAuthEnvelopedDataGenerator();
            addRecipients(generator, request);
            made = generator.generate(typed, (OutputAEADEncryptor) encryptor).toASN1Structure();
        } else {
            CMSEnvelopedDataGenerator generator = new CMSEnvelopedDataGenerator();
            addRecipients(generator, request);
            made = generator.generate(typed, encryptor).toASN1Structure();
        }
        ContentInfo message = gm ? Gm.relabel(made, Gm.ENVELOPED_DATA) : made;
        return new Peer.Fields().put("message", message.getEncoded(ASN1Encoding.DER));
    }

    private static Peer.Fields makeEncrypted(Peer.Fields request) throws Exception {
        byte[] key = request.bytes("key");
        OutputEncryptor encryptor =
                Sm.cbc(isSm2(request) ? GMObjectIdentifiers.sms4_cbc : CMSAlgorithm.AES128_CBC, key);
        CMSEncryptedData made = new CMSEncryptedDataGenerator()
                .generate(new CMSProcessableByteArray(request.bytes("content")), encryptor);
        return new Peer.Fields().put("message", made.toASN1Structure().getEncoded(ASN1Encoding.DER));
    }

    // ---- reading ------------------------------------------------------------------------
    private static Peer.Fields readEnveloped(Peer.Fields request) throws Exception {
        ContentInfo message = ContentInfo.getInstance(request.bytes("message"));
        boolean authenticated = message.getContentType().equals(CMSObjectIdentifiers.authEnvelopedData);
        RecipientInformationStore recipients = authenticated
                ? new CMSAuthEnvelopedData(message).getRecipientInfos()
                : new CMSEnvelopedData(message).getRecipientInfos();
        X509CertificateHolder certificate = new X509CertificateHolder(request.bytes("certificate"));
        List<RecipientInformation> found = List.copyOf(recipients.getRecipients(
                new KeyTransRecipientId(certificate.getIssuer(), certificate.getSerialNumber())));
        if (found.isEmpty()) {
            throw new IllegalArgumentException("no such recipient");
        }
        Recipient opener = opener(request, authenticated);
        return new Peer.Fields().put("content", found.get(0).getContent(opener));
    }

    private static Recipient opener(Peer.Fields request, boolean authenticated) throws Exception {
        PrivateKey key = Keys.privateKey(request.bytes("private"));
        if (isSm2(request)) {
            return Sm.recipient(key);
        }
        return authenticated
                ? new JceKeyTransAuthEnvelopedRecipient(key).setProvider("BC")
                : new JceKeyTransEnvelopedRecipient(key).setProvider("BC");
    }

    private static Peer.Fields readEncrypted(Peer.Fields request) throws Exception {
        CMSEncryptedData message = new CMSEncryptedData(ContentInfo.getInstance(request.bytes("message")));
        byte[] key = request.bytes("key");
        return new Peer.Fields().put("content", message.getContent(algorithm -> Sm.decryptor(algorithm, key)));
    }
}
