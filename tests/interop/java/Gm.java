import java.util.Enumeration;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cms.CMSSignatureEncryptionAlgorithmFinder;
import org.bouncycastle.cms.DefaultCMSSignatureAlgorithmNameGenerator;
import org.bouncycastle.cms.DefaultCMSSignatureEncryptionAlgorithmFinder;

/** The names of GM/T 0010 and GM/T 0006 that Bouncy Castle 1.72 does not know, taught to it. */
final class Gm {
    private static final ASN1ObjectIdentifier MESSAGES = new ASN1ObjectIdentifier("1.2.156.10197.6.1.4.2");

    static final ASN1ObjectIdentifier DATA = MESSAGES.branch("1");
    static final ASN1ObjectIdentifier SIGNED_DATA = MESSAGES.branch("2");
    static final ASN1ObjectIdentifier ENVELOPED_DATA = MESSAGES.branch("3");
    static final ASN1ObjectIdentifier SM2 = new ASN1ObjectIdentifier("1.2.156.10197.1.301");
    static final ASN1ObjectIdentifier SM2_SIGNATURE = SM2.branch("1");
    static final ASN1ObjectIdentifier SM2_ENCRYPTION = SM2.branch("3");

    /** Understands what stands in a signer's entry: SM2-1 besides SM2 with SM3. */
    static final class SignatureNames extends DefaultCMSSignatureAlgorithmNameGenerator {
        SignatureNames() {
            setSigningEncryptionAlgorithmMapping(SM2_SIGNATURE, "SM2");
        }
    }

    /** Writes into a signer's entry: SM2-1 where GM/T 0010 is wanted. */
    static CMSSignatureEncryptionAlgorithmFinder signatureIdentifiers(boolean gm) {
        return gm
                ? algorithm -> new AlgorithmIdentifier(SM2_SIGNATURE)
                : new DefaultCMSSignatureEncryptionAlgorithmFinder();
    }

    /** Give a message another content type, and its outermost version the value 1 that GM/T 0010 has throughout. */
    static ContentInfo relabel(ContentInfo message, ASN1ObjectIdentifier type) {
        ASN1EncodableVector parts = new ASN1EncodableVector();
        parts.add(new ASN1Integer(1));
        Enumeration<?> there = ASN1Sequence.getInstance(message.getContent()).getObjects();
        there.nextElement();
        while (there.hasMoreElements()) {
            parts.add((ASN1Encodable) there.nextElement());
        }
        return new ContentInfo(type, new DERSequence(parts));
    }

    private Gm() {}
}
