// Hears that something changed in one workspace, through its private Realtime topic. The
// message only says that; the feed reads again.
import { RealtimeClient } from '@supabase/realtime-js';

export class Live {
  constructor({ config, token }) {
    const url = `${config.supabase_url.replace(/^http/, 'ws')}/realtime/v1`;
    this.client = new RealtimeClient(url, {
      params: { apikey: config.publishable_key },
      accessToken: token,
      reconnectAfterMs: (tries) => Math.min(1000 * 2 ** (tries - 1), 10_000),
    });
  }

  /** @param {{onChange: (payload) => void, onState: (live: boolean) => void}} listeners */
  listen(clientId, { onChange, onState }) {
    const channel = this.client.channel(`workspace:${clientId}`, { config: { private: true } });
    let left = false;
    channel.on('broadcast', { event: 'changed' }, ({ payload }) => onChange(payload));
    const subscribe = () => {
      if (!left) channel.subscribe((status) => left || onState(status === 'SUBSCRIBED'));
    };
    // A private topic refuses whoever joins before the token is there.
    this.client.setAuth().then(subscribe, subscribe);
    return () => {
      left = true;
      this.client.removeChannel(channel);
    };
  }

  close() {
    this.client.removeAllChannels();
    this.client.disconnect();
  }
}
