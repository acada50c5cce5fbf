import java.math.BigInteger;
import java.security.SecureRandom;
import java.security.SignatureException;
import java.util.Arrays;
import java.util.Date;
import java.util.Map;
import java.util.StringJoiner;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.BasicOCSPRespBuilder;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPException;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.OCSPReqBuilder;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.cert.ocsp.Req;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/** OCSP requests and responses about one certificate. */
final class Ocsp {
    private Ocsp() {}

    static void register(Map<String, Peer.Command> commands) {
        commands.put("make-ocsp-request", Ocsp::makeRequest);
        commands.put("read-ocsp-request", Ocsp::readRequest);
        commands.put("make-ocsp-response", Ocsp::makeResponse);
        commands.put("check-ocsp-response", Ocsp::checkResponse);
    }

    private static DigestCalculatorProvider digests() throws Exception {
        return new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
    }

    private static Peer.Fields makeRequest(Peer.Fields request) throws Exception {
        X509CertificateHolder issuer = new X509CertificateHolder(request.bytes("issuer"));
        AlgorithmIdentifier hash = new AlgorithmIdentifier(
                request.text("hash").equals("sm3") ? GMObjectIdentifiers.sm3 : NISTObjectIdentifiers.id_sha256);
        OCSPReqBuilder builder = new OCSPReqBuilder();
        builder.addRequest(new CertificateID(digests().get(hash), issuer, serialNumber(request)));
        byte[] value = new byte[32];
        new SecureRandom().nextBytes(value);
        Extension nonce = new Extension(
                OCSPObjectIdentifiers.id_pkix_ocsp_nonce, false, new DEROctetString(value).getEncoded());
        builder.setRequestExtensions(new Extensions(nonce));
        return new Peer.Fields().put("request", builder.build().getEncoded());
    }

    private static BigInteger serialNumber(Peer.Fields request) throws Exception {
        return new X509CertificateHolder(request.bytes("certificate")).getSerialNumber();
    }

    private static byte[] nonce(Extension extension) {
        return extension == null
                ? new byte[0]
                : DEROctetString.getInstance(extension.getParsedValue()).getOctets();
    }

    private static Peer.Fields readRequest(Peer.Fields request) throws Exception {
        OCSPReq found = new OCSPReq(request.bytes("request"));
        X509CertificateHolder issuer = new X509CertificateHolder(request.bytes("issuer"));
        StringJoiner serials = new StringJoiner(",");
        for (Req each : found.getRequestList()) {
            if (!each.getCertID().matchesIssuer(issuer, digests())) {
                throw new OCSPException("the request is about another issuer");
            }
            serials.add(each.getCertID().getSerialNumber().toString());
        }
        return new Peer.Fields()
                .put("serials", serials.toString())
                .put("nonce", nonce(found.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce)));
    }

    private static Peer.Fields makeResponse(Peer.Fields request) throws Exception {
        OCSPReq asked = new OCSPReq(request.bytes("request"));
        X509CertificateHolder responder = new X509CertificateHolder(request.bytes("responder"));
        Date thisUpdate = new Date(request.number("this_update") * 1000);
        Date nextUpdate = new Date(request.number("next_update") * 1000);
        BasicOCSPRespBuilder builder = new BasicOCSPRespBuilder(new RespID(responder.getSubject()));
        for (Req each : asked.getRequestList()) {
            builder.addResponse(each.getCertID(), status(request.text("status"), thisUpdate), thisUpdate, nextUpdate);
        }
        builder.setResponseExtensions(
                new Extensions(asked.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce)));
        X509CertificateHolder[] chain = {responder};
        BasicOCSPResp basic = builder.build(Keys.signer(request), chain, thisUpdate);
        OCSPResp response = new OCSPRespBuilder().build(OCSPRespBuilder.SUCCESSFUL, basic);
        return new Peer.Fields().put("response", response.getEncoded());
    }

    private static CertificateStatus status(String name, Date at) {
        switch (name) {
            case "good":
                return CertificateStatus.GOOD;
            case "revoked":
                return new RevokedStatus(at, 1);
            default:
                return new UnknownStatus();
        }
    }

    private static Peer.Fields checkResponse(Peer.Fields request) throws Exception {
        X509CertificateHolder issuer = new X509CertificateHolder(request.bytes("issuer"));
        OCSPResp response = new OCSPResp(request.bytes("response"));
        if (response.getStatus() != OCSPRespBuilder.SUCCESSFUL) {
            throw new OCSPException("the responder answered with status " + response.getStatus());
        }
        BasicOCSPResp basic = (BasicOCSPResp) response.getResponseObject();
        if (!basic.isSignatureValid(Keys.verifier(responder(basic, issuer).getSubjectPublicKeyInfo()))) {
            throw new SignatureException("the signature of the response does not hold");
        }
        if (!Arrays.equals(
                nonce(basic.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce)),
                nonce(new OCSPReq(request.bytes("request"))
                        .getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce)))) {
            throw new OCSPException("the nonce is another one");
        }
        for (SingleResp single : basic.getResponses()) {
            CertificateID about = single.getCertID();
            if (about.getSerialNumber().equals(serialNumber(request))
                    && about.matchesIssuer(issuer, digests())) {
                return new Peer.Fields().put("status", statusName(single.getCertStatus()));
            }
        }
        throw new OCSPException("the response is about another certificate");
    }

    /** Give who signed: the issuer, or a certificate it issued for that purpose (RFC 6960 4.2.2.2). */
    private static X509CertificateHolder responder(BasicOCSPResp response, X509CertificateHolder issuer)
            throws Exception {
        for (X509CertificateHolder each : response.getCerts()) {
            ExtendedKeyUsage usage = ExtendedKeyUsage.fromExtensions(each.getExtensions());
            if (usage != null
                    && usage.hasKeyPurposeId(KeyPurposeId.id_kp_OCSPSigning)
                    && each.getIssuer().equals(issuer.getSubject())
                    && each.isSignatureValid(Keys.verifier(issuer.getSubjectPublicKeyInfo()))) {
                return each;
            }
        }
        return issuer;
    }

    private static String statusName(CertificateStatus status) {
        if (status == CertificateStatus.GOOD) {
            return "good";
        }
        return status instanceof RevokedStatus ? "revoked" : "unknown";
    }
}
