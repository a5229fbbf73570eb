{{- define "gateway.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "gateway.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
app.kubernetes.io/component: gateway
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "valkey.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-valkey
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gateway.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "gateway.secret" -}}
{{ .Values.auth.existingSecret | default (include "gateway.name" .) }}
{{- end -}}

{{/* The volume of the bundle; exactly one source. */}}
{{- define "gateway.bundle" -}}
{{- $b := .Values.bundle -}}
{{- $sources := 0 -}}
{{- range list $b.files $b.configMap $b.existingClaim $b.image -}}
{{- if . }}{{ $sources = add1 $sources }}{{ end -}}
{{- end -}}
{{- if ne (int $sources) 1 -}}
{{- fail "bundle: give exactly one of files, configMap, existingClaim and image" -}}
{{- end -}}
{{- if $b.files -}}
configMap: {name: {{ include "gateway.name" . }}-bundle}
{{- else if $b.configMap -}}
configMap: {name: {{ $b.configMap }}}
{{- else if $b.existingClaim -}}
persistentVolumeClaim: {claimName: {{ $b.existingClaim }}, readOnly: true}
{{- else -}}
emptyDir: {sizeLimit: 128Mi}
{{- end -}}
{{- end -}}

{{/* Where OPA is; empty: there is none. */}}
{{- define "gateway.opa" -}}
{{- if and .Values.opa.url .Values.opa.sidecar.enabled -}}
{{- fail "opa: give a url or enable the sidecar, not both" -}}
{{- end -}}
{{- if .Values.opa.sidecar.enabled -}}
http://127.0.0.1:8181
{{- else -}}
{{ .Values.opa.url }}
{{- end -}}
{{- end -}}

{{/* Where the flags are; empty: each worker has its own, or a secret says it. */}}
{{- define "gateway.flags" -}}
{{- if and .Values.valkey.enabled (or .Values.flags.url .Values.flags.existingSecret) -}}
{{- fail "flags: give url or existingSecret, or enable valkey, not both" -}}
{{- end -}}
{{- if .Values.valkey.enabled -}}
redis://{{ include "gateway.name" . }}-valkey:6379/0
{{- else -}}
{{ .Values.flags.url }}
{{- end -}}
{{- end -}}

{{- define "gateway.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end -}}
