import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.SignatureException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.operator.DigestCalculator;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.TimeStampResponseGenerator;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.tsp.TimeStampTokenGenerator;
import org.bouncycastle.util.CollectionStore;

/** Time-stamps with imprints by SM3. */
final class Timestamps {
    private static final SecureRandom RANDOM = new SecureRandom();

    private Timestamps() {}

    static void register(Map<String, Peer.Command> commands) {
        commands.put("make-timestamp-request", Timestamps::makeRequest);
        commands.put("read-timestamp-request", Timestamps::readRequest);
        commands.put("make-timestamp", Timestamps::make);
        commands.put("check-timestamp", Timestamps::check);
    }

    private static byte[] imprint(Peer.Fields request) throws Exception {
        return MessageDigest.getInstance("SM3", "BC").digest(request.bytes("data"));
    }

    private static Peer.Fields makeRequest(Peer.Fields request) throws Exception {
        TimeStampRequestGenerator generator = new TimeStampRequestGenerator();
        generator.setCertReq(true);
        TimeStampRequest made =
                generator.generate(GMObjectIdentifiers.sm3, imprint(request), new BigInteger(64, RANDOM));
        return new Peer.Fields().put("request", made.getEncoded());
    }

    private static Peer.Fields readRequest(Peer.Fields request) throws Exception {
        TimeStampRequest found = new TimeStampRequest(request.bytes("request"));
        found.validate(Set.of(GMObjectIdentifiers.sm3), null, null);
        if (found.getNonce() == null) {
            throw new IllegalArgumentException("no nonce");
        }
        return new Peer.Fields().put("imprint", found.getMessageImprintDigest());
    }

    private static Peer.Fields make(Peer.Fields request) throws Exception {
        String algorithm = request.text("algorithm");
        boolean sm2 = algorithm.startsWith("sm2");
        X509CertificateHolder certificate = new X509CertificateHolder(request.bytes("certificate"));
        DigestCalculator digest = Messages.digests()
                .get(new AlgorithmIdentifier(sm2 ? GMObjectIdentifiers.sm3 : NISTObjectIdentifiers.id_sha256));
        TimeStampTokenGenerator tokens = new TimeStampTokenGenerator(
                Messages.signer(algorithm, request.bytes("private"), certificate, true, false),
                digest,
                new ASN1ObjectIdentifier(request.text("policy")));
        List<X509CertificateHolder> along = new ArrayList<>(Messages.certificates(request, "authority"));
        along.add(certificate);
        tokens.addCertificates(new CollectionStore<>(along));
        TimeStampResponse response = new TimeStampResponseGenerator(tokens, Set.of(GMObjectIdentifiers.sm3))
                .generate(
                        new TimeStampRequest(request.bytes("request")), new BigInteger(64, RANDOM), new Date());
        if (response.getTimeStampToken() == null) {
            throw new IllegalStateException(response.getStatusString());
        }
        return new Peer.Fields().put("response", response.getEncoded("DL"));
    }

    private static Peer.Fields check(Peer.Fields request) throws Exception {
        TimeStampResponse response = new TimeStampResponse(request.bytes("response"));
        response.validate(new TimeStampRequest(request.bytes("request")));
        TimeStampToken token = response.getTimeStampToken();
        byte[] imprint = token.getTimeStampInfo().getMessageImprintDigest();
        if (!Arrays.equals(imprint, imprint(request))) {
            throw new SignatureException("the time-stamp is over other data");
        }
        SignerInformation signer = token.toCMSSignedData().getSignerInfos().iterator().next();
        X509CertificateHolder root = new X509CertificateHolder(request.bytes("root"));
        X509CertificateHolder certificate = Messages.certificateOf(signer, token.getCertificates(), root);
        token.validate(Messages.verifier(certificate));
        return new Peer.Fields().put("imprint", imprint);
    }
}
