import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.SignatureException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

/** Certificates, requests, and paths of them. */
final class Certificates {
    private static final List<String> USAGES = List.of(
            "digitalSignature",
            "nonRepudiation",
            "keyEncipherment",
            "dataEncipherment",
            "keyAgreement",
            "keyCertSign",
            "cRLSign");
    private static final int[] USAGE_BITS = {
        KeyUsage.digitalSignature,
        KeyUsage.nonRepudiation,
        KeyUsage.keyEncipherment,
        KeyUsage.dataEncipherment,
        KeyUsage.keyAgreement,
        KeyUsage.keyCertSign,
        KeyUsage.cRLSign
    };

    private Certificates() {}

    static void register(Map<String, Peer.Command> commands) {
        commands.put("make-certificate", Certificates::make);
        commands.put("public-in", Certificates::publicIn);
        commands.put("check-certificate", Certificates::check);
        commands.put("check-chain", Certificates::checkChain);
        commands.put("make-request", Certificates::makeRequest);
        commands.put("check-request", Certificates::checkRequest);
    }

    private static Peer.Fields make(Peer.Fields request) throws Exception {
        String kind = request.text("kind");
        X500Name subject = new X500Name(BCStyle.INSTANCE, request.text("subject"));
        SubjectPublicKeyInfo key = SubjectPublicKeyInfo.getInstance(request.bytes("public"));
        X509CertificateHolder issuer = request.has("issuer") ? new X509CertificateHolder(request.bytes("issuer")) : null;
        X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                issuer == null ? subject : issuer.getSubject(),
                new BigInteger(request.text("serial")),
                new Date(request.number("not_before") * 1000),
                new Date(request.number("not_after") * 1000),
                subject,
                key);
        JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(key));
        if (issuer != null) {
            builder.addExtension(
                    Extension.authorityKeyIdentifier, false, identifiers.createAuthorityKeyIdentifier(issuer));
        }
        addExtensions(builder, kind, request);
        return new Peer.Fields().put("certificate", builder.build(Keys.signer(request)).getEncoded());
    }

    private static void addExtensions(X509v3CertificateBuilder builder, String kind, Peer.Fields request)
            throws Exception {
        switch (kind) {
            case "root":
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
                builder.addExtension(Extension.keyUsage, true, usage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
                break;
            case "sub":
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
                builder.addExtension(Extension.keyUsage, true, usage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
                break;
            case "encryption":
                builder.addExtension(
                        Extension.keyUsage,
                        true,
                        usage(KeyUsage.keyEncipherment | KeyUsage.dataEncipherment | KeyUsage.keyAgreement));
                break;
            case "responder":
                builder.addExtension(Extension.keyUsage, true, usage(KeyUsage.digitalSignature));
                builder.addExtension(
                        Extension.extendedKeyUsage, true, new ExtendedKeyUsage(KeyPurposeId.id_kp_OCSPSigning));
                builder.addExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck, false, DERNull.INSTANCE);
                break;
            case "timestamper":
                builder.addExtension(Extension.keyUsage, true, usage(KeyUsage.digitalSignature));
                builder.addExtension(
                        Extension.extendedKeyUsage, true, new ExtendedKeyUsage(KeyPurposeId.id_kp_timeStamping));
                break;
            case "signing":
                builder.addExtension(
                        Extension.keyUsage, true, usage(KeyUsage.digitalSignature | KeyUsage.nonRepudiation));
                break;
            default:
                builder.addExtension(Extension.keyUsage, true, usage(KeyUsage.digitalSignature));
                builder.addExtension(
                        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
                builder.addExtension(Extension.subjectAlternativeName, false, dnsName(request.text("dns")));
                builder.addExtension(Extension.cRLDistributionPoints, false, pointAt(request.text("crl_uri")));
        }
    }

    private static KeyUsage usage(int bits) {
        return new KeyUsage(bits);
    }

    private static GeneralNames dnsName(String name) {
        return new GeneralNames(new GeneralName(GeneralName.dNSName, name));
    }

    private static CRLDistPoint pointAt(String uri) {
        GeneralNames names = new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
        return new CRLDistPoint(
                new DistributionPoint[] {new DistributionPoint(new DistributionPointName(names), null, null)});
    }

    private static Peer.Fields publicIn(Peer.Fields request) throws Exception {
        X509CertificateHolder certificate = new X509CertificateHolder(request.bytes("certificate"));
        return new Peer.Fields().put("public", certificate.getSubjectPublicKeyInfo().getEncoded());
    }

    private static Peer.Fields check(Peer.Fields request) throws Exception {
        X509CertificateHolder certificate = new X509CertificateHolder(request.bytes("certificate"));
        X509CertificateHolder issuer = new X509CertificateHolder(request.bytes("issuer"));
        if (!certificate.isSignatureValid(Keys.verifier(issuer.getSubjectPublicKeyInfo()))) {
            throw new SignatureException("the signature of the certificate does not hold");
        }
        return new Peer.Fields()
                .put("serial", certificate.getSerialNumber().toString())
                .put("common_name", commonName(certificate.getSubject()))
                .put("key_usage", usageNames(KeyUsage.fromExtensions(certificate.getExtensions())));
    }

    private static String usageNames(KeyUsage usage) {
        StringJoiner names = new StringJoiner(",");
        for (int bit = 0; usage != null && bit < USAGES.size(); bit++) {
            if (usage.hasUsages(USAGE_BITS[bit])) {
                names.add(USAGES.get(bit));
            }
        }
        return names.toString();
    }

    private static String commonName(X500Name name) {
        return IETFUtils.valueToString(name.getRDNs(BCStyle.CN)[0].getFirst().getValue());
    }

    /** Validate a path by PKIX; with revocation lists where some are given ("crl0", "crl1", ...). */
    private static Peer.Fields checkChain(Peer.Fields request) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        List<X509Certificate> certificates = new ArrayList<>();
        for (int i = 0; request.has("certificate" + i); i++) {
            certificates.add((X509Certificate)
                    factory.generateCertificate(new ByteArrayInputStream(request.bytes("certificate" + i))));
        }
        CertPath path = factory.generateCertPath(certificates);
        X509Certificate root =
                (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(request.bytes("root")));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.setDate(new Date(request.number("at") * 1000));
        List<Object> lists = new ArrayList<>();
        for (int i = 0; request.has("crl" + i); i++) {
            lists.add(factory.generateCRL(new ByteArrayInputStream(request.bytes("crl" + i))));
        }
        parameters.setRevocationEnabled(!lists.isEmpty());
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists), "BC"));
        CertPathValidator.getInstance("PKIX", "BC").validate(path, parameters);
        return new Peer.Fields();
    }

    private static Peer.Fields makeRequest(Peer.Fields request) throws Exception {
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        extensions.addExtension(Extension.subjectAlternativeName, false, dnsName(request.text("dns")));
        PKCS10CertificationRequest made = new PKCS10CertificationRequestBuilder(
                        new X500Name(BCStyle.INSTANCE, request.text("subject")),
                        SubjectPublicKeyInfo.getInstance(request.bytes("public")))
                .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
                .build(Keys.signer(request));
        return new Peer.Fields().put("request", made.getEncoded());
    }

    private static Peer.Fields checkRequest(Peer.Fields request) throws Exception {
        PKCS10CertificationRequest found = new PKCS10CertificationRequest(request.bytes("request"));
        if (!found.isSignatureValid(Keys.verifier(found.getSubjectPublicKeyInfo()))) {
            throw new SignatureException("the signature of the request does not hold");
        }
        Extensions extensions = found.getRequestedExtensions();
        ASN1Encodable names = extensions.getExtensionParsedValue(Extension.subjectAlternativeName);
        return new Peer.Fields()
                .put("common_name", commonName(found.getSubject()))
                .put("public", found.getSubjectPublicKeyInfo().getEncoded())
                .put("dns", GeneralNames.getInstance(names).getNames()[0].getName().toString());
    }
}
