import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.security.SignatureException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.CMSSignedDataStreamGenerator;
import org.bouncycastle.cms.CMSSignedGenerator;
import org.bouncycastle.cms.SignerInfoGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationStore;
import org.bouncycastle.cms.SignerInformationVerifier;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.util.CollectionStore;
import org.bouncycastle.util.Store;

/** Signed messages. Signers come as {@code private0}, {@code certificate0} and so on, others as {@code authority0}. */
final class Messages {
    private Messages() {}

    static void register(Map<String, Peer.Command> commands) {
        commands.put("make-signed", Messages::makeSigned);
        commands.put("make-countersigned", Messages::makeCountersigned);
        commands.put("check-signed", Messages::checkSigned);
    }

    static DigestCalculatorProvider digests() throws Exception {
        return new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
    }

    static SignerInfoGenerator signer(
            String algorithm, byte[] key, X509CertificateHolder certificate, boolean attributes, boolean gm)
            throws Exception {
        return new JcaSignerInfoGeneratorBuilder(digests(), Gm.signatureIdentifiers(gm))
                .setDirectSignature(!attributes)
                .build(Keys.signer(algorithm, key), certificate);
    }

    static List<X509CertificateHolder> certificates(Peer.Fields request, String name) throws Exception {
        List<X509CertificateHolder> found = new ArrayList<>();
        for (int i = 0; request.has(name + i); i++) {
            found.add(new X509CertificateHolder(request.bytes(name + i)));
        }
        return found;
    }

    // ---- making -------------------------------------------------------------------------
    private static void addSigners(CMSSignedGenerator generator, Peer.Fields request, boolean gm) throws Exception {
        List<X509CertificateHolder> signers = certificates(request, "certificate");
        for (int i = 0; i < signers.size(); i++) {
            generator.addSignerInfoGenerator(signer(
                    request.text("algorithm"),
                    request.bytes("private" + i),
                    signers.get(i),
                    request.has("attributes"),
                    gm));
        }
        generator.addCertificates(new CollectionStore<>(signers));
        generator.addCertificates(new CollectionStore<>(certificates(request, "authority")));
    }

    private static Peer.Fields makeSigned(Peer.Fields request) throws Exception {
        boolean gm = request.has("gm");
        boolean attached = !request.has("detached");
        byte[] content = request.bytes("content");
        if (request.has("streamed")) {
            CMSSignedDataStreamGenerator generator = new CMSSignedDataStreamGenerator();
            addSigners(generator, request, gm);
            ByteArrayOutputStream made = new ByteArrayOutputStream();
            try (OutputStream out = generator.open(made, attached)) {
                out.write(content);
            }
            return new Peer.Fields().put("message", made.toByteArray());
        }
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        addSigners(generator, request, gm);
        ASN1ObjectIdentifier type = gm ? Gm.DATA : CMSObjectIdentifiers.data;
        ContentInfo made =
                generator.generate(new CMSProcessableByteArray(type, content), attached).toASN1Structure();
        ContentInfo message = gm ? Gm.relabel(made, Gm.SIGNED_DATA) : made;
        return new Peer.Fields().put("message", message.getEncoded(ASN1Encoding.DER));
    }

    private static Peer.Fields makeCountersigned(Peer.Fields request) throws Exception {
        CMSSignedData message = new CMSSignedData(request.bytes("message"));
        X509CertificateHolder certificate = new X509CertificateHolder(request.bytes("certificate"));
        SignerInformation first = message.getSignerInfos().iterator().next();
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(
                signer(request.text("algorithm"), request.bytes("private"), certificate, true, false));
        SignerInformation signed = SignerInformation.addCounterSigners(first, generator.generateCounterSigners(first));
        CMSSignedData amended = CMSSignedData.replaceSigners(message, new SignerInformationStore(signed));
        List<X509CertificateHolder> along = new ArrayList<>(message.getCertificates().getMatches(null));
        along.add(certificate);
        amended = CMSSignedData.replaceCertificatesAndCRLs(
                amended, new CollectionStore<>(along), amended.getAttributeCertificates(), amended.getCRLs());
        return new Peer.Fields().put("message", amended.getEncoded(ASN1Encoding.DER));
    }

    // ---- checking -----------------------------------------------------------------------
    /** Verify every signature, and every certificate up to the root through those in the message. */
    private static Peer.Fields checkSigned(Peer.Fields request) throws Exception {
        byte[] data = request.bytes("message");
        CMSSignedData message = request.has("content")
                ? new CMSSignedData(new CMSProcessableByteArray(request.bytes("content")), data)
                : new CMSSignedData(data);
        X509CertificateHolder root = new X509CertificateHolder(request.bytes("root"));
        int signers = 0;
        int counterSigners = 0;
        for (SignerInformation signer : message.getSignerInfos()) {
            check(signer, message.getCertificates(), root);
            signers++;
            for (SignerInformation counterSigner : signer.getCounterSignatures()) {
                check(counterSigner, message.getCertificates(), root);
                counterSigners++;
            }
        }
        return new Peer.Fields()
                .put("content", (byte[]) message.getSignedContent().getContent())
                .put("signers", Integer.toString(signers))
                .put("counter_signers", Integer.toString(counterSigners));
    }

    private static void check(SignerInformation signer, Store<X509CertificateHolder> there, X509CertificateHolder root)
            throws Exception {
        if (!signer.verify(verifier(certificateOf(signer, there, root)))) {
            throw new SignatureException("the signature does not hold");
        }
    }

    /** Find the certificate of a signer, and follow it to the root. */
    static X509CertificateHolder certificateOf(
            SignerInformation signer, Store<X509CertificateHolder> there, X509CertificateHolder root)
            throws Exception {
        Collection<X509CertificateHolder> all = there.getMatches(null);
        X509CertificateHolder found = null;
        for (X509CertificateHolder one : all) {
            found = signer.getSID().match(one) ? one : found;
        }
        if (found == null) {
            throw new SignatureException("the certificate of the signer is not there");
        }
        X509CertificateHolder subject = found;
        while (!subject.getIssuer().equals(root.getSubject())) {
            X509CertificateHolder issuer = null;
            for (X509CertificateHolder one : all) {
                issuer = one.getSubject().equals(subject.getIssuer()) ? one : issuer;
            }
            if (issuer == null || !subject.isSignatureValid(Keys.verifier(issuer.getSubjectPublicKeyInfo()))) {
                throw new SignatureException("no path to the root");
            }
            subject = issuer;
        }
        if (!subject.isSignatureValid(Keys.verifier(root.getSubjectPublicKeyInfo()))) {
            throw new SignatureException("no path to the root");
        }
        return found;
    }

    static SignerInformationVerifier verifier(X509CertificateHolder certificate) throws Exception {
        return new SignerInformationVerifier(
                new Gm.SignatureNames(),
                new DefaultSignatureAlgorithmIdentifierFinder(),
                new JcaContentVerifierProviderBuilder().setProvider("BC").build(certificate),
                digests());
    }
}
