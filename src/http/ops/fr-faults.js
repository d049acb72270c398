// Le français des codes : ce qui s’est passé et que faire. Ce que seul le pont sait (le champ, la somme), c’est sa phrase
// qui le dit, en anglais. Les textes vont avec ceux de docs/troubleshooting.md et de problems.ts.

/** @type {Record<string, [why: string, remedy: string]>} les codes qui veulent dire la même chose, séparés d’un blanc */
const ROWS = {
  // Joindre Odoo
  odoo_unreachable: [
    'Personne ne répond à ODOO_URL, ou ce nom est inconnu.',
    'Vérifiez l’adresse, le port, et qu’Odoo tourne ; le pont reprend de lui-même.',
  ],
  bad_odoo_url: [
    'ODOO_URL contient un nom d’utilisateur, un point d’interrogation ou un #.',
    'Écrivez-la sous la forme https://hôte.',
  ],
  bad_odoo_credentials: [
    'Il y a un blanc, un saut de ligne ou une lettre accentuée dans le nom d’utilisateur ou la clé d’Odoo.',
    'Copiez-les de nouveau.',
  ],
  invalid_credentials: [
    'Nom d’utilisateur, clé et base d’Odoo ne vont pas ensemble ; la clé a pu être supprimée ou arriver à son terme.',
    'Vérifiez ODOO_USERNAME et ODOO_API_KEY ; bridge doctor dit quand les clés se terminent.',
  ],
  unknown_database: [
    'Odoo n’a pas de base du nom d’ODOO_DB.',
    'Regardez dans Odoo sous /web/database/selector et corrigez ODOO_DB.',
  ],
  'html_answer redirected not_odoo': [
    'Un proxy, une page de connexion ou un autre programme répond à la place d’Odoo.',
    'ODOO_URL est l’adresse d’Odoo même, sans /odoo ni /web ; vérifiez aussi ODOO_DB.',
  ],
  wrong_protocol: ['http là où l’on parle https, ou l’inverse.', 'Vérifiez ODOO_URL et le port.'],
  bad_certificate: [
    'Le certificat d’Odoo est arrivé à son terme, ou son autorité est inconnue.',
    'Renouvelez-le, ou nommez l’autorité dans NODE_EXTRA_CA_CERTS.',
  ],
  no_json2: [
    'Cet Odoo est antérieur à la version 19 et ne parle pas JSON-2.',
    'Mettez ODOO_TRANSPORT à auto ou xmlrpc.',
  ],
  url_path_not_possible: [
    'ODOO_URL a un chemin, que XML-RPC ne peut pas suivre.',
    'Prenez json2, ou un nom d’hôte propre à Odoo.',
  ],
  'odoo_timeout odoo_connection_lost no_answer': [
    'La réponse n’est pas venue : serveur lent, ou réseau coupé.',
    'Un nouvel essai suit de lui-même. Si c’est fréquent, regardez la charge du serveur et le proxy devant lui.',
  ],
  odoo_busy: ['D’autres travaillent dans Odoo sur les mêmes fiches.', 'Rien à faire : un nouvel essai suit.'],
  'odoo_unavailable odoo_database_unavailable': [
    'Odoo redémarre, ou sa base de données est absente.',
    'Un nouvel essai suit de lui-même ; si cela dure, regardez du côté d’Odoo.',
  ],
  rate_limited: [
    'Odoo demande d’aller moins vite.',
    'Un nouvel essai suit de lui-même ; réglez ODOO_CALLS_PER_SECOND.',
  ],
  calls_waiting: [
    'Plus d’appels attendent que n’en laisse passer ODOO_CALLS_PER_SECOND.',
    'Un nouvel essai suit de lui-même ; si cela dure, augmentez ce réglage si Odoo le permet.',
  ],
  request_too_large: [
    'Le proxy devant Odoo n’accepte pas une requête aussi grande.',
    'Relevez sa limite (client_max_body_size), ou raccourcissez la fiche.',
  ],
  odoo_answer_unreadable: [
    'La réponse d’Odoo est coupée ou malformée.',
    'Un nouvel essai suit de lui-même ; si c’est fréquent, regardez le proxy.',
  ],
  odoo_answer_too_large: ['La réponse d’Odoo dépasse ce que le pont accepte.', 'Signalez-le.'],

  // Ce qui manque à Odoo, ou qu’il refuse
  access_denied: [
    'Il manque à l’utilisateur du pont un droit dans Odoo.',
    'Donnez-lui un groupe que nomme le message ; bridge doctor vérifie chaque droit.',
  ],
  'missing_module missing_field': [
    'Il manque à Odoo une application, ou un champ.',
    'bridge doctor nomme l’application (odoo_modules) ; installez-la.',
  ],
  'unknown_method unexpected_answer': [
    'Odoo répond autrement que prévu : une autre version, ou un module qui change le champ.',
    'Vérifiez que cette version est une de celles que le pont connaît, et quel module change le champ.',
  ],
  webhook_address_missing: [
    'Odoo ne sait pas où envoyer ses webhooks : BRIDGE_PUBLIC_URL ou ODOO_WEBHOOK_TOKENS manque.',
    'Réglez-les, puis lancez bridge webhooks install.',
  ],
  tag_vanished: [
    'Une étiquette du pont a été supprimée dans Odoo ; son entité se repose.',
    'Créez une étiquette de ce nom, puis lancez bridge webhooks install.',
  ],
  'mailing_not_set_up action_missing': [
    'Il manque à Odoo ce qui garantit qu’un envoi ou une étape n’a lieu qu’une fois.',
    'Lancez bridge webhooks install en administrateur d’Odoo, puis réessayez.',
  ],
  refused_by_odoo: [
    'Une règle d’Odoo refuse une valeur.',
    'Corrigez le champ que nomme le message et enregistrez la fiche.',
  ],
  odoo_error: ['Odoo a échoué de son propre fait.', 'Regardez dans le journal d’Odoo.'],
  missing_record: [
    'La fiche a été supprimée entre-temps dans Odoo, ou l’utilisateur du pont ne peut pas la voir.',
    'Rien, si c’était voulu : elle est regardée de nouveau dès qu’un côté change.',
  ],
  step_without_effect: [
    'Odoo a accepté l’étape, et il n’en est rien advenu.',
    'Faites cette étape à la main dans Odoo : il montre ce qui manque.',
  ],
  school_refused: [
    'Odoo a refusé la société d’une école.',
    'Créez-la à la main, avec exactement le nom qu’emploie l’application.',
  ],

  // L’application
  'app_unreachable app_timeout app_connection_lost app_failed': [
    'L’application est absente, lente ou en échec.',
    'Un nouvel essai suit de lui-même ; si cela dure, regardez APP_URL et le journal de l’application.',
  ],
  app_rate_limited: ['L’application demande d’aller moins vite.', 'Rien à faire : un nouvel essai suit.'],
  bad_app_token: [
    'Il y a un blanc, un saut de ligne ou une lettre accentuée dans APP_API_TOKEN.',
    'Copiez-le de nouveau.',
  ],
  app_refused_token: ['APP_API_TOKEN n’est pas le jeton de l’application.', 'Comparez les deux.'],
  app_bad_certificate: [
    'Le certificat de l’application est arrivé à son terme, ou son autorité est inconnue.',
    'Renouvelez-le, ou nommez l’autorité dans NODE_EXTRA_CA_CERTS.',
  ],
  'app_wrong_address app_answer_not_json': [
    'Autre chose répond à la place de l’application, ou cette adresse lui manque.',
    'Vérifiez APP_URL, et que l’application offre /bridge/… comme le dit le guide d’intégration.',
  ],
  'app_breaks_contract app_record_malformed': [
    'L’application répond autrement que ne le veut le contrat, à l’endroit que nomme le message.',
    'Corrigez l’application ; bridge doctor la met à l’épreuve.',
  ],
  app_refused_request: [
    'L’application refuse une requête entière.',
    'Corrigez l’application : elle doit accepter des lots de 200.',
  ],
  app_refused_value: ['L’application refuse la valeur du champ que nomme le message.', 'Corrigez-la dans Odoo.'],
  app_answer_too_large: ['Une page de l’application est trop grande.', 'Faites-lui en envoyer de plus petites.'],

  // À propos d’une fiche
  waits_for_parent: [
    'Elle se rapporte à une fiche qui n’est pas encore dans Odoo.',
    'Rien, ou regardez pourquoi celle-là est écartée ou retenue.',
  ],
  'counterpart_taken creation_under_way creation_unanswered': [
    'Sa contrepartie est justement en train d’être créée ou reliée.',
    'Rien à faire : elle est regardée de nouveau.',
  ],
  outcome_unknown: [
    'Une écriture est restée sans réponse, et peut encore arriver.',
    'Rien à faire : elle est regardée de nouveau dès que cet appel est sûrement terminé.',
  ],
  'unstorable_characters unstorable_value': [
    'Il y a un caractère ou une valeur que ni Odoo ni PostgreSQL ne peuvent garder.',
    'Retirez-le du champ que nomme le message et enregistrez la fiche.',
  ],
  flapping: [
    'Quelque chose d’autre ramène sans cesse un champ à une autre valeur.',
    'Trouvez l’automatisation ou l’import, arrêtez-le, puis réessayez.',
  ],
  held_delete: [
    'Elle n’est plus d’un côté, ou trop de fiches seraient archivées en 24 heures.',
    'Regardez-la des deux côtés : laissez passer si c’est voulu ; si Odoo la cache, donnez au pont le droit de la voir.',
  ],
  held_rewrite: [
    'Beaucoup de fiches diffèrent de ce qui était convenu sans que personne les ait modifiées : un autre réglage des champs, ou une copie plus ancienne d’une base.',
    'Si c’est voulu, laissez passer ou lancez la synchronisation.',
  ],
  held_create: [
    'Beaucoup de fiches sans contrepartie ont été trouvées d’un coup : une première synchronisation, ou une mauvaise base.',
    'Lancez la synchronisation ou laissez passer, si elles doivent être créées de l’autre côté.',
  ],
  held_match: [
    'Sa contrepartie n’est pas sûre : celles qui s’en approchent sont nommées.',
    'Reliez-la à l’une d’elles, créez-en une, ou laissez tel quel.',
  ],
  held_merged: [
    'Odoo a fusionné sa fiche avec une autre, qui est déjà reliée.',
    'Choisissez celle qui reste, ou laissez tel quel.',
  ],
  internal: [
    'Le pont lui-même a échoué.',
    'Cherchez le reconcileId ou le reqId dans son journal et signalez-le ; réessayez une fois le pont corrigé.',
  ],
  run_stalled: [
    'Rien de cette synchronisation n’a avancé depuis un moment.',
    'La vue d’ensemble dit quel côté est absent ; ce qui reste suit de lui-même. Une simulation, elle, se relance.',
  ],
  not_reached: [
    'La simulation n’a pas pu en décider : son entité est en pause, ou elle n’est pas venue au repos.',
    'Reprenez l’entité, ou regardez la fiche.',
  ],
  bridge_stopped: ['Le processus qui faisait la simulation a été arrêté.', 'Relancez la simulation.'],
  no_temporary_tables: [
    'L’utilisateur de la base n’a pas le droit aux tables temporaires, dont une simulation a besoin.',
    'GRANT TEMPORARY ON DATABASE … TO …',
  ],
  database_away: ['La base de données du pont ne répond pas.', 'Réessayez ; si cela dure, regardez PostgreSQL.'],
  side_away: ['Un côté ne répond pas : on ne peut rien en dire.', 'Attendez qu’il soit de retour, puis réessayez.'],

  // Factures, documents, comptabilité
  tax_missing: [
    'La taxe que nomme la facture n’est pas dans Odoo.',
    'Activez-la ou créez-la (Comptabilité › Configuration › Taxes), puis réessayez.',
  ],
  journal_missing: [
    'Odoo n’a pas le journal de vente voulu dans cette société.',
    'Mettez dans ODOO_SALES_JOURNAL le code court d’un journal de vente, puis réessayez.',
  ],
  currency_missing: [
    'Odoo n’emploie pas la devise de la facture.',
    'Activez-la (Comptabilité › Configuration › Devises), avec ses taux, puis réessayez.',
  ],
  invoice_totals_differ: [
    'La somme de l’application et celle d’Odoo ne sont pas égales au centime ; le message donne les deux.',
    'La facture reste un brouillon. C’est le plus souvent l’arrondi des taxes : réglez-le par ligne, ou corrigez dans l’application.',
  ],
  invoice_content_differs: [
    'Une ligne, une date ou la devise a pris une autre valeur dans Odoo.',
    'La facture reste un brouillon. Cherchez une automatisation qui change les factures.',
  ],
  'changed_in_odoo reset_in_odoo cancelled_in_odoo': [
    'Quelqu’un a changé dans Odoo une facture comptabilisée.',
    'Rétablissez-la dans Odoo, ou annulez-la dans l’application : le pont ne modifie rien de ce qui fut comptabilisé.',
  ],
  credited_in_part: [
    'Les avoirs dans Odoo ne font pas le montant entier de la facture.',
    'Faites un avoir pour le reste, puis réessayez.',
  ],
  document_too_large: ['Le document dépasse DOCUMENT_MAX_MIB.', 'Réduisez-le, ou relevez cette limite.'],
  document_bytes_differ: [
    'L’application livre d’autres octets que ne le dit sha256.',
    'Faites-le recalculer par l’application.',
  ],
  'unbalanced_entries incomplete_entries amount_not_exact': [
    'L’export refuse une comptabilité qui n’est pas équilibrée, ou qui a changé entre-temps.',
    'Regardez les écritures nommées, puis relancez l’export.',
  ],
  file_not_writable: ['Le fichier de l’export ne peut pas être écrit.', 'Prenez un autre fichier ou dossier.'],

  // Envois et messages
  list_incomplete: ['La campagne attend sa liste de diffusion.', 'Rien, ou regardez pourquoi la liste est écartée.'],
  mailing_without_list: [
    'La campagne ne nomme aucune liste.',
    'Nommez-en une dans l’application, ou annulez la campagne.',
  ],
  quiet_hours: ['Elle partirait pendant QUIET_HOURS.', 'Rien à faire : elle part ensuite.'],
  not_known_to_be_new: [
    'On ne sait pas encore si elle est nouvelle, et seul le nouveau est envoyé.',
    'Rien à faire : la prochaine interrogation de l’application le dit.',
  ],
  sending_unanswered: [
    'Odoo n’a pas dit s’il a envoyé le message.',
    'Regardez dans Odoo ; il n’est pas envoyé une seconde fois.',
  ],
  whatsapp_not_installed: [
    'Odoo n’a pas de module WhatsApp.',
    'Installez WhatsApp d’Odoo Enterprise, ou mail_gateway_whatsapp de l’OCA, puis réessayez.',
  ],
  whatsapp_unknown: [
    'Le module WhatsApp d’Odoo n’est ni celui d’Enterprise ni celui de l’OCA.',
    'Installez l’un des deux, ou signalez duquel il s’agit.',
  ],
  whatsapp_no_gateway: [
    'mail_gateway_whatsapp n’a pas de passerelle qui envoie.',
    'Ajoutez-en une dans Odoo, puis réessayez.',
  ],
  no_phone: ['Il n’y a pas de numéro de téléphone.', 'Saisissez-le avec l’indicatif du pays.'],
  phone_blacklisted: [
    'Le numéro est sur la liste noire d’Odoo.',
    'Il y reste : cette personne ne veut pas de messages.',
  ],
  phone_differs: [
    'Odoo enverrait le message à un autre numéro que celui voulu ; rien n’a été envoyé.',
    'Corrigez le téléphone de la fiche dans Odoo, avec l’indicatif du pays.',
  ],
  message_without_record: [
    'Dans Odoo, un message WhatsApp est à propos d’une fiche, et celui-ci n’en nomme pas.',
    'Dites dans l’application à qui il va, ou de quoi il parle.',
  ],
  'message_without_template unknown_template': [
    'Le message ne nomme pas un modèle que WhatsApp a approuvé.',
    'Vérifiez le nom dans l’application, et dans Odoo si le modèle est approuvé.',
  ],
  no_variables: ['Ce module envoie ses modèles sans variables.', 'Prenez un modèle qui n’en a pas besoin.'],
  variables_not_numbered: [
    'Les variables du message ne sont pas numérotées de 1 à 10 sans lacune.',
    'Nommez-les 1, 2, 3… dans l’application, dans l’ordre du modèle.',
  ],
  record_lives: [
    'Elle sert encore, donc elle n’est pas effacée.',
    'Archivez-la ou supprimez-la du côté nommé, puis effacez de nouveau.',
  ],
  record_in_work: [
    'Un passage travaille à cette fiche, ou à une liste de diffusion qui nomme la personne.',
    'Réessayez dans un instant ; sinon, regardez pourquoi la liste est écartée.',
  ],
  record_hidden: [
    'Odoo ne dit pas que la fiche a disparu.',
    'Qu’un administrateur l’y regarde, et la supprime ou l’archive.',
  ],
  record_merged: ['Odoo a fusionné la fiche avec une autre.', 'Attendez la prochaine interrogation, puis réessayez.'],

  // À propos d’une demande au pont
  malformed_body: ['La demande est malformée.', 'Envoyez un objet JSON.'],
  request_refused: ['La demande a été refusée.', 'Regardez ce qu’un proxy a pu y changer.'],
  malformed_idempotency_key: ['L’Idempotency-Key est malformée.', 'Prenez un nouvel UUID, ou laissez cet en-tête.'],
  token_needed: ['Il faut un jeton.', 'Connectez-vous avec un de ceux de BRIDGE_API_TOKENS.'],
  event_not_authentic: ['L’événement n’est pas authentique.', 'Comparez les secrets et les horloges.'],
  scope_missing: [
    'Ce jeton ne permet pas cela.',
    'Prenez un jeton qui a ce droit, ou ajoutez-le dans BRIDGE_API_TOKENS et redémarrez le pont.',
  ],
  unknown_address: ['Il n’y a rien à cette adresse.', 'La page /docs les donne toutes.'],
  unknown_collection: ['Cette collection n’existe pas.', 'Choisissez-en une de la liste.'],
  unknown_entity: ['Cette entité n’existe pas.', 'Choisissez-en une de la liste.'],
  unknown_run: ['Cette synchronisation n’existe pas, ou plus.', 'Revenez à la liste des synchronisations.'],
  unknown_link: [
    'Le pont ne connaît pas cette fiche.',
    'Si elle existe d’un côté, une synchronisation de son identifiant la fait venir.',
  ],
  unknown_held: ['Cette fiche n’est plus retenue.', 'Quelqu’un a pu décider déjà : actualisez la liste.'],
  unknown_conflict: ['Ce conflit n’existe pas, ou plus.', 'Actualisez la liste des conflits.'],
  unknown_problem: ['Ce problème n’existe pas.', 'La page /problems les donne tous.'],
  request_in_progress: ['La même demande est encore en cours.', 'Réessayez dans un instant.'],
  not_restorable: [
    'Cette valeur ne peut pas être ramenée maintenant.',
    'Attendez que l’autre soit de retour et réessayez ; ce qui dépend d’un seul côté s’y modifie.',
  ],
  no_dry_run: ['Cette synchronisation n’était pas une simulation.', 'Ce qu’elle a fait est dans les fiches.'],
  not_erased: ['Rien n’a été effacé.', 'Faites ce que dit le message, puis réessayez.'],
  nothing_to_export: ['Il n’y a rien de juste à exporter.', 'Faites ce que dit le message, puis réessayez.'],
  body_too_large: ['La demande est trop grande.', 'Envoyez-en moins à la fois.'],
  not_json: ['La demande doit être en JSON.', 'Envoyez l’en-tête Content-Type: application/json.'],
  invalid_request: ['La demande ne peut pas être traitée.', 'Corrigez ce que nomme le message.'],
  idempotency_key_reused: ['L’Idempotency-Key a servi à une autre demande.', 'Réessayez.'],
  event_unprocessable: ['L’événement ne peut pas être traité.', 'Lancez bridge webhooks install.'],
  too_many_requests: ['Trop de demandes.', 'Réessayez dans un instant.'],
  odoo_refuses: ['Odoo refuse de répondre.', 'Faites ce que dit le message, puis lancez bridge doctor.'],
  bridge_not_ready: ['Le pont n’est pas prêt.', 'Vérifiez DATABASE_URL et lancez bridge migrate.'],
  odoo_away: ['Odoo ne peut pas être interrogé maintenant.', 'Réessayez dans un instant.'],
};

export const frFaults = new Map(
  Object.entries(ROWS).flatMap(([codes, [why, remedy]]) => codes.split(' ').map((code) => [code, { why, remedy }])),
);
