import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.SignatureException;
import java.text.SimpleDateFormat;
import java.util.Arrays;
import java.util.Date;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.ASN1IA5String;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1UTCTime;
import org.bouncycastle.asn1.ASN1UTF8String;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERGeneralizedTime;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERUTCTime;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.ContentVerifier;

/**
 * Electronic seals and signatures with them, in the layouts of GM/T 0031-2014 ({@code 2014}) and GB/T 38540-2020
 * ({@code 2020}): written out and read element by element, as Bouncy Castle has no classes for them.
 */
final class Seals {
    private static final String ID = "31010000000001";
    private static final String PROPERTY = "/Doc_0/Signs/Sign_0/Signature.xml";

    private Seals() {}

    static void register(Map<String, Peer.Command> commands) {
        commands.put("make-seal", Seals::makeSeal);
        commands.put("check-seal", Seals::checkSeal);
        commands.put("make-seal-signature", Seals::makeSignature);
        commands.put("check-seal-signature", Seals::checkSignature);
    }

    // ---- making -------------------------------------------------------------------------
    private static ASN1Encodable time(boolean old, long hours) {
        Date when = new Date(System.currentTimeMillis() + hours * 3600_000L);
        if (!old) {
            return new DERGeneralizedTime(format("yyyyMMddHHmmss'Z'", when));
        }
        return new DERUTCTime(format("yyMMddHHmmss'Z'", when));
    }

    private static String format(String pattern, Date when) {
        SimpleDateFormat format = new SimpleDateFormat(pattern, Locale.ROOT);
        format.setTimeZone(TimeZone.getTimeZone("UTC"));
        return format.format(when);
    }

    private static ASN1Sequence sequence(ASN1Encodable... parts) {
        return new DERSequence(parts);
    }

    private static ASN1Sequence info(Peer.Fields request, boolean old) throws Exception {
        ASN1Encodable header = sequence(
                new DERIA5String("ES"), new ASN1Integer(old ? 1 : 4), new DERIA5String("Bouncy Castle"));
        ASN1Encodable listed = sequence(new DEROctetString(request.bytes("listed")));
        ASN1Encodable kind = new ASN1Integer(1);
        ASN1Encodable name = new DERUTF8String(request.text("name"));
        ASN1Encodable made = time(old, 0);
        ASN1Encodable end = time(old, 24 * 20);
        ASN1Encodable properties = old
                ? sequence(kind, name, listed, made, made, end)
                : sequence(kind, name, new ASN1Integer(1), listed, made, made, end);
        ASN1Encodable picture = sequence(
                new DERIA5String("PNG"),
                new DEROctetString(request.bytes("picture")),
                new ASN1Integer(40),
                new ASN1Integer(40));
        return sequence(header, new DERIA5String(ID), properties, picture);
    }

    private static ContentSigner signer(Peer.Fields request) throws Exception {
        return Keys.signer(request.text("algorithm"), request.bytes("private"));
    }

    private static ASN1Encodable value(ContentSigner signer, ASN1Encodable message) throws Exception {
        try (OutputStream out = signer.getOutputStream()) {
            out.write(message.toASN1Primitive().getEncoded(ASN1Encoding.DER));
        }
        return new DERBitString(signer.getSignature());
    }

    private static Peer.Fields makeSeal(Peer.Fields request) throws Exception {
        boolean old = request.text("layout").equals("2014");
        ContentSigner signer = signer(request);
        ASN1Encodable info = info(request, old);
        ASN1Encodable shown = new DEROctetString(request.bytes("certificate"));
        ASN1ObjectIdentifier algorithm = signer.getAlgorithmIdentifier().getAlgorithm();
        ASN1Sequence made = old
                ? sequence(info, sequence(shown, algorithm, value(signer, sequence(info, shown, algorithm))))
                : sequence(info, shown, algorithm, value(signer, info));
        return new Peer.Fields().put("seal", made.getEncoded(ASN1Encoding.DER));
    }

    private static Peer.Fields makeSignature(Peer.Fields request) throws Exception {
        ASN1Sequence seal = ASN1Sequence.getInstance(request.bytes("seal"));
        boolean old = seal.size() == 2;
        ContentSigner signer = signer(request);
        ASN1Encodable shown = new DEROctetString(request.bytes("certificate"));
        ASN1ObjectIdentifier algorithm = signer.getAlgorithmIdentifier().getAlgorithm();
        ASN1Encodable hash = new DERBitString(request.bytes("digest"));
        ASN1Encodable property = new DERIA5String(PROPERTY);
        ASN1Encodable when = time(old, 0);
        ASN1Sequence made;
        if (old) {
            ASN1Encodable stated = new DERBitString(when.toASN1Primitive().getEncoded(ASN1Encoding.DER));
            ASN1Encodable signed = sequence(new ASN1Integer(1), seal, stated, hash, property, shown, algorithm);
            made = sequence(signed, value(signer, signed));
        } else {
            ASN1Encodable signed = sequence(new ASN1Integer(4), seal, when, hash, property);
            made = sequence(signed, shown, algorithm, value(signer, signed));
        }
        return new Peer.Fields().put("signature", made.getEncoded(ASN1Encoding.DER));
    }

    // ---- checking -----------------------------------------------------------------------
    /** Read DER that is the same when it is written again: what is signed is what stands there. */
    private static ASN1Sequence read(byte[] encoded) throws Exception {
        ASN1Sequence found = ASN1Sequence.getInstance(ASN1Primitive.fromByteArray(encoded));
        require(Arrays.equals(found.getEncoded(ASN1Encoding.DER), encoded), "this is not DER");
        return found;
    }

    private static void require(boolean holds, String otherwise) throws SignatureException {
        if (!holds) {
            throw new SignatureException(otherwise);
        }
    }

    private static byte[] octets(ASN1Encodable value) {
        return ASN1OctetString.getInstance(value).getOctets();
    }

    private static Date date(ASN1Encodable value) throws Exception {
        return value instanceof ASN1UTCTime
                ? ((ASN1UTCTime) value).getAdjustedDate()
                : ASN1GeneralizedTime.getInstance(value).getDate();
    }

    /** Verify a value under the key of a certificate, and the certificate up to the root. */
    private static void verify(
            Peer.Fields request, byte[] certificate, ASN1Encodable algorithm, ASN1Encodable signed, ASN1Encodable value)
            throws Exception {
        X509CertificateHolder found = new X509CertificateHolder(certificate);
        ContentVerifier verifier = Keys.verifier(found.getSubjectPublicKeyInfo())
                .get(new AlgorithmIdentifier(ASN1ObjectIdentifier.getInstance(algorithm)));
        try (OutputStream out = verifier.getOutputStream()) {
            out.write(signed.toASN1Primitive().getEncoded(ASN1Encoding.DER));
        }
        require(verifier.verify(ASN1BitString.getInstance(value).getOctets()), "the signature does not hold");
        X509CertificateHolder root = new X509CertificateHolder(request.bytes("root"));
        X509CertificateHolder authority = new X509CertificateHolder(request.bytes("authority0"));
        require(found.isSignatureValid(Keys.verifier(authority.getSubjectPublicKeyInfo())), "no path to the root");
        require(authority.isSignatureValid(Keys.verifier(root.getSubjectPublicKeyInfo())), "no path to the root");
    }

    /** Check a seal, and return its properties. */
    private static ASN1Sequence checked(Peer.Fields request, ASN1Sequence seal) throws Exception {
        ASN1Sequence info = ASN1Sequence.getInstance(seal.getObjectAt(0));
        if (seal.size() == 2) {
            ASN1Sequence signs = ASN1Sequence.getInstance(seal.getObjectAt(1));
            ASN1Encodable shown = signs.getObjectAt(0);
            ASN1Encodable algorithm = signs.getObjectAt(1);
            verify(request, octets(shown), algorithm, sequence(info, shown, algorithm), signs.getObjectAt(2));
        } else {
            verify(request, octets(seal.getObjectAt(1)), seal.getObjectAt(2), info, seal.getObjectAt(3));
        }
        ASN1Sequence properties = ASN1Sequence.getInstance(info.getObjectAt(2));
        int last = properties.size() - 1;
        Date now = new Date();
        require(
                date(properties.getObjectAt(last)).after(now)
                        && date(properties.getObjectAt(last - 1)).before(new Date(now.getTime() + 60_000L)),
                "the seal is not in its period");
        return properties;
    }

    private static Peer.Fields reading(ASN1Sequence seal, ASN1Sequence properties) {
        ASN1Sequence info = ASN1Sequence.getInstance(seal.getObjectAt(0));
        return new Peer.Fields()
                .put("layout", seal.size() == 2 ? "2014" : "2020")
                .put("id", ASN1IA5String.getInstance(info.getObjectAt(1)).getString())
                .put("name", ASN1UTF8String.getInstance(properties.getObjectAt(1)).getString());
    }

    private static Peer.Fields checkSeal(Peer.Fields request) throws Exception {
        ASN1Sequence seal = read(request.bytes("seal"));
        return reading(seal, checked(request, seal));
    }

    private static Peer.Fields checkSignature(Peer.Fields request) throws Exception {
        ASN1Sequence signature = read(request.bytes("signature"));
        ASN1Sequence signed = ASN1Sequence.getInstance(signature.getObjectAt(0));
        boolean old = signature.size() == 2;
        ASN1Encodable shown = old ? signed.getObjectAt(5) : signature.getObjectAt(1);
        ASN1Encodable algorithm = old ? signed.getObjectAt(6) : signature.getObjectAt(2);
        verify(request, octets(shown), algorithm, signed, signature.getObjectAt(old ? 1 : 3));
        byte[] hash = ASN1BitString.getInstance(signed.getObjectAt(3)).getOctets();
        require(MessageDigest.isEqual(hash, request.bytes("digest")), "the signature is over another document");
        ASN1Sequence seal = ASN1Sequence.getInstance(signed.getObjectAt(1));
        ASN1Sequence properties = checked(request, seal);
        ASN1Sequence listed = ASN1Sequence.getInstance(properties.getObjectAt(old ? 2 : 3));
        boolean there = false;
        for (ASN1Encodable one : listed) {
            there |= Arrays.equals(octets(one), octets(shown));
        }
        require(there, "the seal does not name the signer");
        return reading(seal, properties);
    }
}
