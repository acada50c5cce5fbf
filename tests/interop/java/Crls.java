import java.math.BigInteger;
import java.security.SignatureException;
import java.util.Date;
import java.util.Map;
import java.util.StringJoiner;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Enumerated;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CRLEntryHolder;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;

/** Certificate revocation lists. Entries are written {@code serial:reason}, separated by commas; reason 0 is none. */
final class Crls {
    private Crls() {}

    static void register(Map<String, Peer.Command> commands) {
        commands.put("make-crl", Crls::make);
        commands.put("check-crl", Crls::check);
    }

    private static Peer.Fields make(Peer.Fields request) throws Exception {
        X509CertificateHolder issuer = new X509CertificateHolder(request.bytes("issuer"));
        Date thisUpdate = new Date(request.number("this_update") * 1000);
        X509v2CRLBuilder builder = new X509v2CRLBuilder(issuer.getSubject(), thisUpdate);
        builder.setNextUpdate(new Date(request.number("next_update") * 1000));
        for (String entry : request.text("entries").split(",")) {
            if (!entry.isEmpty()) {
                String[] parts = entry.split(":");
                builder.addCRLEntry(new BigInteger(parts[0]), thisUpdate, Integer.parseInt(parts[1]));
            }
        }
        builder.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(issuer));
        builder.addExtension(Extension.cRLNumber, false, new CRLNumber(new BigInteger(request.text("number"))));
        if (request.has("base")) {
            builder.addExtension(Extension.deltaCRLIndicator, true, new CRLNumber(new BigInteger(request.text("base"))));
        }
        return new Peer.Fields().put("crl", builder.build(Keys.signer(request)).getEncoded());
    }

    private static Peer.Fields check(Peer.Fields request) throws Exception {
        X509CRLHolder list = new X509CRLHolder(request.bytes("crl"));
        X509CertificateHolder issuer = new X509CertificateHolder(request.bytes("issuer"));
        if (!list.isSignatureValid(Keys.verifier(issuer.getSubjectPublicKeyInfo()))) {
            throw new SignatureException("the signature of the list does not hold");
        }
        StringJoiner entries = new StringJoiner(",");
        for (Object each : list.getRevokedCertificates()) {
            X509CRLEntryHolder entry = (X509CRLEntryHolder) each;
            entries.add(entry.getSerialNumber() + ":" + reason(entry));
        }
        return new Peer.Fields()
                .put("entries", entries.toString())
                .put("number", integer(list, Extension.cRLNumber))
                .put("base", integer(list, Extension.deltaCRLIndicator));
    }

    private static int reason(X509CRLEntryHolder entry) {
        Extension extension = entry.getExtension(Extension.reasonCode);
        return extension == null ? 0 : CRLReason.getInstance(
                ASN1Enumerated.getInstance(extension.getParsedValue())).getValue().intValueExact();
    }

    private static String integer(X509CRLHolder list, ASN1ObjectIdentifier oid) {
        Extension extension = list.getExtension(oid);
        ASN1Encodable value = extension == null ? null : extension.getParsedValue();
        return value == null ? "" : ASN1Integer.getInstance(value).getValue().toString();
    }
}
