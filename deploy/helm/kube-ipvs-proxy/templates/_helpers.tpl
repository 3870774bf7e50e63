{{- define "kube-ipvs-proxy.labels" -}}
app.kubernetes.io/name: kube-ipvs-proxy
app.kubernetes.io/component: node-proxier
app.kubernetes.io/part-of: kube-ipvs-proxy
{{- end }}
{{- define "kube-ipvs-proxy.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
