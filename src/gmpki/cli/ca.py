"""``gmpki ca``: an authority. Each command stands in a module of its own, which loads when it is asked for."""

from __future__ import annotations

import click

from gmpki.cli._group import LaterGroup

__all__ = ["command"]

# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER = {
    "init": ("ca_init", "Found an authority in a directory of its own", "在目录中建立认证机构"),
    "status": ("ca_status", "Show what there is, and what is due", "查看机构、待办与到期事项"),
    "apply": ("ca_apply", "Enter an application", "录入申请"),
    "amend": ("ca_apply:amend", "Correct an application before it is proofread", "修改未校对的申请"),
    "withdraw": ("ca_apply:withdraw", "Withdraw an application", "撤回申请"),
    "attach": ("ca_attach", "Attach a file to an application", "登记申请附件"),
    "proofread": ("ca_proofread", "Confirm what somebody else entered", "校对他人录入的申请"),
    "review": ("ca_proofread:review", "Approve or reject an application", "审核：批准或驳回"),
    "issue": ("ca_issue", "Have the certificates of an application issued", "签发证书"),
    "carry-out": ("ca_issue:carry_out", "Carry out what was approved and issues nothing", "办理不签发证书的申请"),
    "deliver": ("ca_deliver", "Hand out certificates and encryption key", "交付证书与加密密钥"),
    "renew": ("ca_renew", "Renew a pair before it expires", "证书更新"),
    "reissue": ("ca_renew:reissue", "Issue anew after loss or damage", "补办：遗失或损坏后重新签发"),
    "change": ("ca_renew:change", "Change what a certificate says of its subject", "变更主体信息"),
    "contact": ("ca_contact", "Change an applicant's contact", "变更经办人及联系方式"),
    "report-loss": ("ca_revoke:report_loss", "Report a loss, and lift the report", "挂失与解除挂失"),
    "suspend": ("ca_revoke:suspend", "Suspend a pair", "证书冻结"),
    "resume": ("ca_revoke:resume", "End a suspension", "证书解冻"),
    "revoke": ("ca_revoke", "Revoke a pair", "证书撤销"),
    "recover": ("ca_recover", "Give an escrowed encryption key out again", "恢复加密密钥"),
    "unlock": ("ca_recover:unlock", "Unlock the PIN of a UKey", "UKey 解锁"),
    "batch": ("ca_batch", "Apply and issue in numbers, from CSV or JSON Lines", "批量申请与签发"),
    "tokens": ("ca_tokens", "Keep account of tokens", "令牌台账"),
    "search": ("ca_search", "Find pairs, applications and applicants", "查询证书、申请与申请人"),
    "show": ("ca_show", "Show an application, a pair, an applicant", "查看申请、证书、申请人"),
    "report": ("ca_report", "Counts, the ledger, service levels", "统计、台账、服务时限"),
    "expiring": ("ca_expiring", "List what expires soon, and remind", "到期清单与提醒"),
    "expire": ("ca_expiring:expire", "Close pairs whose time is over", "办理到期证书"),
    "settle": ("ca_settle", "Do what could not be done at its time", "补办未完成事项"),
    "crl": ("ca_crl", "Make and show revocation lists", "签发与查看撤销列表"),
    "ocsp": ("ca_ocsp", "Answer OCSP requests out of the database", "以数据库应答 OCSP 查询"),
    "publish": ("ca_publish:publish", "Carry what is due to directories", "发布证书与撤销列表"),
    "inspect": ("ca_publish:inspect", "Compare database, directories and lists", "核对数据库、目录与撤销列表"),
    "key": ("ca_key", "Keys of authorities: request, activate, roll over", "机构密钥：申请、启用、更替"),
    "import": ("ca_import", "Take over an authority with what it has issued", "接管既有 CA"),
    "trust": ("ca_trust", "Lists of trusted authorities of others", "互信机构名单"),
    "operators": ("ca_operators", "Operators and their permissions", "操作员与权限"),
    "regions": ("ca_regions", "Regions and issuing points", "区域与发证点"),
    "audit": ("ca_audit", "List, verify, seal and export the audit log", "审计日志的查询、验证、封存、导出"),
    "backup": ("ca_backup:backup", "Back the database up, and verify that", "备份数据库并验证"),
    "restore": ("ca_backup:restore", "Fill an empty database from a backup", "从备份恢复"),
}


@click.group(name="ca", cls=LaterGroup, later=LATER)
def command() -> None:
    """Run a certification authority: registration, issuing, revocation, publication, reports.

    Everything of it is in one directory, --ca DIR or GMPKI_CA: ca.toml says where the database, the keys and the places
    of publication are. One password opens the key ring of the database and the key files in the directory. Whoever does
    something logs in with a key and the certificate that an administrator has appointed.

    认证机构（CA/RA）：注册、签发、撤销、发布、统计。
    """
